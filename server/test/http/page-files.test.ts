import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import fastify from 'fastify'
import { expect, it, onTestFinished } from 'vitest'
import { pageRoutes } from '../../src/http/page.ts'

const SCRIPT = `console.log(${JSON.stringify('a page '.repeat(300))})`

/** A built page of one document and one script, served. */
async function servePage() {
  const directory = mkdtempSync(join(tmpdir(), 'timelapser-built-'))
  mkdirSync(join(directory, 'assets'))
  writeFileSync(join(directory, 'index.html'), '<!doctype html>')
  const script = join(directory, 'assets/index-abc.js')
  writeFileSync(script, SCRIPT)
  writeFileSync(`${script}.br`, brotliCompressSync(SCRIPT))
  writeFileSync(`${script}.gz`, gzipSync(SCRIPT))
  const app = fastify()
  await app.register(pageRoutes(directory))
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(async () => {
    await app.close()
    rmSync(directory, { recursive: true })
  })
  return url
}

it.each(['br', 'gzip', 'identity'])('sends a file as its build packed it: %s', async (encoding) => {
  const url = await servePage()
  const file = await fetch(`${url}/assets/index-abc.js`, { headers: { 'accept-encoding': encoding } })
  expect(await file.text()).toBe(SCRIPT)
  expect(file.headers.get('content-encoding')).toBe(encoding === 'identity' ? null : encoding)
  expect(file.headers.get('content-type')).toContain('javascript')
  expect(file.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
})

it('lets nobody keep the answer for a file that is not there, which a build may bring back', async () => {
  const url = await servePage()
  const missing = await fetch(`${url}/assets/index-old.js`)
  await missing.body?.cancel()
  expect([missing.status, missing.headers.get('cache-control')]).toEqual([404, null])
})

it('says on every view that there is no page, and how to have one', async () => {
  const app = fastify()
  await app.register(pageRoutes(join(tmpdir(), 'timelapser-not-built')))
  onTestFinished(() => app.close())
  for (const url of ['/', '/logs', '/settings/levels']) {
    const { statusCode, body } = await app.inject({ url })
    expect([statusCode, body]).toEqual([503, expect.stringContaining('npm run setup')])
  }
})

it('answers every view with the document, which is asked for anew each time', async () => {
  const url = await servePage()
  for (const view of [
    '/',
    '/logs',
    '/logs/17',
    '/patterns',
    '/chart',
    '/alerts',
    '/settings',
    '/access',
    '/audit',
    '/diagnostics',
  ]) {
    const document = await fetch(`${url}${view}`)
    expect(await document.text()).toBe('<!doctype html>')
    expect(document.headers.get('cache-control')).toBe('no-cache')
  }
})

it('answers people who ask for what is not there with the document, and programs with the error', async () => {
  const url = await servePage()
  const people = await fetch(`${url}/lgos`, { headers: { accept: 'text/html,*/*;q=0.8' } })
  expect(people.status).toBe(404)
  expect(await people.text()).toBe('<!doctype html>')
  const program = await fetch(`${url}/lgos`, { headers: { accept: '*/*' } })
  expect(program.status).toBe(404)
  expect(await program.text()).toContain('There is no route GET /lgos')
  const longer = await fetch(`${url}/api/lgos`, { headers: { accept: 'text/html' } })
  expect(longer.status).toBe(404)
  expect(await longer.text()).not.toContain('<!doctype html>')
})
