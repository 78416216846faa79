// The packages as installed from a registry: compiled files, no workspace, no TypeScript. `NODES` names the binaries of further
// versions of Node to run them with, separated by colons.
import { execFile, execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROOT } from '../repository/source-files.ts'
import { follow, temporaryFolder } from '../support/program.ts'

const run = promisify(execFile)
const BUILD_MS = 120_000
const NODES = [process.execPath, ...(process.env.NODES?.split(':').filter(Boolean) ?? [])].map((node) => ({
  node,
  version: execFileSync(node, ['--version'], { encoding: 'utf8' }).trim(),
}))

let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'timelapser-package-'))
  chmodSync(folder, 0o711)
  await run(process.execPath, ['scripts/prepack.mjs'], { cwd: ROOT })
  await install('server', 'node_modules/timelapser-logs')
  await install('logger', 'node_modules/@timelapser/logger')
}, BUILD_MS)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Packs a workspace and unpacks it where `npm install` would, beside those packages, and only those, that it names. */
async function install(workspace: string, place: string): Promise<void> {
  const pack = ['pack', '--ignore-scripts', '--silent', '-w', workspace, '--pack-destination', folder]
  const { stdout } = await run('npm', pack, { cwd: ROOT })
  const target = join(folder, place)
  mkdirSync(target, { recursive: true })
  await run('tar', ['-xzf', join(folder, stdout.trim()), '--strip-components=1', '-C', target])
  const { dependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(target, 'package.json'), 'utf8'),
  )
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    if (name.startsWith('@timelapser/')) continue
    const installed = [join(ROOT, workspace, 'node_modules', name), join(ROOT, 'node_modules', name)].find(
      existsSync,
    )
    const link = join(folder, 'node_modules', name)
    // Those of other platforms are not there.
    if (!installed || existsSync(link)) continue
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(installed, link)
  }
}

/** A module of the application's, run as its own program. */
function application(node: string, code: string) {
  return run(node, ['--input-type=module', '-e', code], { cwd: folder, timeout: 30_000 })
}

test('carries no sources and no tests', () => {
  const names = readdirSync(join(folder, 'node_modules/timelapser-logs'), {
    recursive: true,
    encoding: 'utf8',
  })
  expect(names.filter((name) => /\.test\.|(?<!\.d)\.ts$/.test(name))).toEqual([])
  expect(names).toContain(join('dist', 'page', 'index.html'))
})

describe.each(NODES)('with Node $version', ({ node }) => {
  test('the command serves, with its page, and an application logs to it', async () => {
    const data = join(temporaryFolder(), 'data')
    const command = join(folder, 'node_modules/timelapser-logs/bin/timelapser-logs.mjs')
    const program = follow(
      spawn(node, [command, 'serve'], {
        cwd: '/',
        env: { PATH: process.env.PATH, PORT: '0', DATA_DIR: data },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    )
    try {
      const url = await program.ready
      const page = await (await fetch(`${url}/logs`)).text()
      const script = /src="(\/assets\/index-[^"]+\.js)"/.exec(page)?.[1]
      expect((await fetch(`${url}${script}`)).status).toBe(200)
      const apiKey = readFileSync(join(data, 'admin-api-key'), 'utf8').trim()
      await application(
        node,
        `
        import { createLogger, httpHandler } from '@timelapser/logger'
        const logger = createLogger({ source: 'worker', handlers: [httpHandler(${JSON.stringify({ url, apiKey })})] })
        logger.info('from an application')
        await logger.close()`,
      )
      const found = await fetch(`${url}/api/logs?search=from+an+application`, {
        headers: { authorization: `Bearer ${apiKey}` },
      })
      expect(await found.json()).toMatchObject({
        data: { logs: [{ message: 'from an application', source: 'worker' }] },
      })
    } finally {
      program.kill('SIGTERM')
    }
    expect(await program.ended).toBe(0)
  })

  test('the library is all of its source, imported or required, and names the Node that it needs', async () => {
    const { stdout } = await application(
      node,
      `
      import * as all from 'timelapser-logs'
      import * as compiled from './node_modules/timelapser-logs/dist/index.js'
      import { createRequire } from 'node:module'
      const required = createRequire(import.meta.url)('timelapser-logs')
      console.log(JSON.stringify([all, compiled, required].map((one) => Object.keys(one).sort())))`,
    )
    const [imported, compiled, required] = JSON.parse(stdout)
    expect([imported, required]).toEqual([compiled, compiled])
    const { stdout: said } = await application(
      node,
      `
      import { createRequire } from 'node:module'
      Object.defineProperty(process.versions, 'node', { value: '20.19.5' })
      const sayWhy = (error) => console.log(error.name + ': ' + error.message)
      await import('timelapser-logs').catch(sayWhy)
      try { createRequire(import.meta.url)('timelapser-logs') } catch (error) { sayWhy(error) }`,
    )
    const [first, second] = said.trim().split('\n')
    expect(first).toMatch(/^Error: Node 20\.19\.5 is too old: Timelapser Logs needs Node 22\.18 or newer\./)
    expect(second).toBe(first)
  })

  test('the library opens the log table, and says in a sentence why it cannot', async () => {
    const { stdout } = await application(
      node,
      `
      import { openLogs, StartupError, SyncLogOperations } from 'timelapser-logs'
      const connection = { host: '127.0.0.1', port: 1, user: 'nobody', database: 'none' }
      const error = await openLogs({ connection }).catch((reason) => reason)
      const logs = new SyncLogOperations({ connection, spoolDirectory: 'spool', deadlineMs: 2_000 })
      const row = logs.writeLogEntry({ message: 'kept' })
      await logs.close()
      console.log(JSON.stringify([error instanceof StartupError, error.message, row]))`,
    )
    expect(JSON.parse(stdout)).toEqual([true, expect.stringContaining('cannot be reached'), null])
    expect(readdirSync(join(folder, 'spool'))).not.toEqual([])
  })
})
