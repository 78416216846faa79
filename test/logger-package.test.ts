// The package that applications get from npm: built, packed and installed into an empty folder, on every Node of this
// machine.
import { execFile, execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = new URL('..', import.meta.url).pathname
const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'timelapser-logger-'))
const app = join(folder, 'app')
let archive = ''

/**
 * The Node that runs the tests, others lying about and those that `NODES` names, with colons between; only those that
 * can take the package (see its `engines`).
 */
const named = process.env.NODES?.split(':') ?? []
const nodes = [
  ...new Set([process.execPath, '/usr/bin/node', '/usr/local/bin/node', ...named].filter(existsSync)),
]
  .map((path) => ({ path, version: execFileSync(path, ['--version'], { encoding: 'utf8' }).trim() }))
  .filter(({ version }) => isSupported(version))

function isSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.slice(1).split('.').map(Number)
  return major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19)
}

/** Copies a package of our node_modules with all it depends on, as `npm install` would, without a registry. */
function install(name: string): void {
  const source = join(root, 'node_modules', name)
  const target = join(app, 'node_modules', name)
  if (existsSync(target)) return
  cpSync(source, target, { recursive: true })
  const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as {
    dependencies?: Record<string, string>
  }
  for (const dependency of Object.keys(manifest.dependencies ?? {})) install(dependency)
}

beforeAll(async () => {
  const source = join(folder, 'package')
  mkdirSync(source)
  for (const file of ['package.json', 'README.md']) cpSync(join(root, 'logger', file), join(source, file))
  const tsc = join(root, 'node_modules', '.bin', 'tsc')
  for (const config of ['tsconfig.build.json', 'tsconfig.types.json']) {
    await run(tsc, ['-p', join(root, 'logger', config), '--outDir', join(source, 'dist')])
  }
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json'], { cwd: source })
  archive = join(source, readFirstFileName(stdout))
  const target = join(app, 'node_modules', '@timelapser', 'logger')
  mkdirSync(target, { recursive: true })
  await run('tar', ['-xzf', archive, '-C', target, '--strip-components=1'])
  install('pino')
  writeFileSync(join(app, 'package.json'), '{"private":true}')
  const use = `
    const { createLogger, consoleHandler, withContext } = logger
    const handlers = [consoleHandler({ callSite: true })]
    const log = createLogger({ source: 'app', handlers, uncaught: true, flightRecorder: true })
    withContext({ request_id: 'a7' }, () => setImmediate(() => {
      log.bind({ camera_id: 1 }).error('failed', new TypeError('boom'))
      log.close()
    }))`
  writeFileSync(join(app, 'imported.mjs'), `import * as logger from '@timelapser/logger'\n${use}`)
  writeFileSync(join(app, 'required.cjs'), `const logger = require('@timelapser/logger')\n${use}`)
  const subpaths = ['fastify', 'logtape', 'pino-transport', 'winston'].map(
    (name) => `@timelapser/logger/${name}`,
  )
  const names = `console.log(JSON.stringify(all.map((one) => Object.keys(one)).flat()))`
  writeFileSync(
    join(app, 'subpaths.mjs'),
    `const all = await Promise.all(${JSON.stringify(subpaths)}.map((name) => import(name)))\n${names}`,
  )
  writeFileSync(join(app, 'subpaths.cjs'), `const all = ${JSON.stringify(subpaths)}.map(require)\n${names}`)
  writeFileSync(
    join(app, 'transport.cjs'),
    `const transport = { target: '@timelapser/logger/pino-transport', options: { url: process.argv[2] } }
     require('pino')({ transport }).error(new TypeError('boom'))`,
  )
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** npm 10 prints a list, npm 11 and later an object by name. */
function readFirstFileName(json: string): string {
  const [first] = Object.values(JSON.parse(json) as Record<string, { filename: string }>)
  return first?.filename ?? ''
}

/** A log system that takes everything. */
async function listen() {
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    for await (const chunk of request) bodies.push(String(chunk))
    response.writeHead(request.method === 'GET' ? 404 : 200).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, bodies, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

describe('the packed logger', () => {
  it('is under 100 kB, types included, with pino alone beside it', async () => {
    expect(statSync(archive).size).toBeLessThan(100 * 1024)
    const { stdout } = await run('tar', ['-tzf', archive])
    const files = stdout.trim().split('\n')
    expect(files).toContain('package/dist/index.d.ts')
    expect(files.filter((file) => /\.test\.|\.ts$/.test(file) && !file.endsWith('.d.ts'))).toEqual([])
    const manifest = JSON.parse(readFileSync(join(root, 'logger', 'package.json'), 'utf8'))
    expect(Object.keys(manifest.dependencies)).toEqual(['pino'])
  })

  describe.each(nodes)('on Node $version', ({ path }) => {
    it.each(['imported.mjs', 'required.cjs'])('works %s', async (file) => {
      const { stdout, stderr } = await run(path, [file], { cwd: app, env: {} })
      expect(stderr).toBe('')
      expect(JSON.parse(stdout)).toMatchObject({
        level: 'ERROR',
        message: 'failed',
        source: 'camera_1',
        camera_id: 1,
        extra_data: { request_id: 'a7', error: { type: 'TypeError', message: 'boom' } },
        line: 7,
      })
    })

    it.each(['subpaths.mjs', 'subpaths.cjs'])('has what belongs to other libraries in %s', async (file) => {
      const { stdout, stderr } = await run(path, [file], { cwd: app, env: {} })
      expect(stderr).toBe('')
      expect(JSON.parse(stdout).sort()).toEqual(
        expect.arrayContaining(['WinstonTransport', 'default', 'logTapeSink', 'requestLogs']),
      )
    })

    it('is a target of pino', async () => {
      const { server, url, bodies } = await listen()
      await run(path, ['transport.cjs', url], { cwd: app, env: {} })
      server.close()
      expect(bodies.join('')).toContain('"message":"boom"')
    })
  })

  it('type-checks in an application that knows only the package', async () => {
    writeFileSync(
      join(app, 'app.ts'),
      `import { createLogger, httpHandler, type Logger, withContext } from '@timelapser/logger'
       import { requestLogs } from '@timelapser/logger/fastify'
       import { logTapeSink } from '@timelapser/logger/logtape'
       import pinoTransport from '@timelapser/logger/pino-transport'
       import { WinstonTransport } from '@timelapser/logger/winston'
       export { logTapeSink, pinoTransport, requestLogs }
       const logger: Logger = createLogger({ handlers: [httpHandler({ url: 'http://localhost:4700' })] })
       logger.bind({ camera_id: 1 }).error('text', { a: 1 })
       logger.warn({ a: 1 }, 'text %s', 'x')
       logger.error(new Error('x'))
       logger.wrap(async (id: number) => id)(3).then((id: number) => id)
       withContext({ request_id: 'a' }, () => 1).toFixed()
       new WinstonTransport({ handler: httpHandler({ url: 'http://localhost:4700' }) })
       // @ts-expect-error no such method
       logger.verbose('x')\n`,
    )
    writeFileSync(
      join(app, 'required.cts'),
      `import logger = require('@timelapser/logger')
       logger.createLogger({ flightRecorder: true }).info('text')\n`,
    )
    cpSync(join(root, 'node_modules', '@types'), join(app, 'node_modules', '@types'), { recursive: true })
    cpSync(join(root, 'node_modules', 'undici-types'), join(app, 'node_modules', 'undici-types'), {
      recursive: true,
    })
    const options = [
      '--noEmit',
      '--strict',
      '--target',
      'es2022',
      '--module',
      'nodenext',
      '--types',
      'node',
      'app.ts',
      'required.cts',
    ]
    await run(join(root, 'node_modules', '.bin', 'tsc'), [...options, '--ignoreConfig'], { cwd: app })
  })
})
