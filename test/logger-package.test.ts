// What applications get from npm: built, packed and installed into an empty folder, on every Node of this machine.
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
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = new URL('..', import.meta.url).pathname
const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'timelapser-logger-'))
const app = join(folder, 'app')
let archive = ''

/** The Node that runs the tests and others lying about; only those that can take the package (see its `engines`). */
const nodes = [...new Set([process.execPath, '/usr/bin/node', '/usr/local/bin/node'].filter(existsSync))]
  .map((path) => ({ path, version: execFileSync(path, ['--version'], { encoding: 'utf8' }).trim() }))
  .filter(({ version }) => isSupported(version))

function isSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.slice(1).split('.').map(Number)
  return major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19)
}

/** Copies a package of our node_modules with all it depends on: what `npm install` would do, without a registry. */
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
  await run(tsc, ['-p', join(root, 'logger', 'tsconfig.build.json'), '--outDir', join(source, 'dist')])
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json'], { cwd: source })
  archive = join(source, readFirstFileName(stdout))
  const target = join(app, 'node_modules', '@timelapser', 'logger')
  mkdirSync(target, { recursive: true })
  await run('tar', ['-xzf', archive, '-C', target, '--strip-components=1'])
  install('pino')
  writeFileSync(join(app, 'package.json'), '{"private":true}')
  const use = `
    const { createLogger, consoleHandler } = logger
    const log = createLogger({ source: 'app', handlers: [consoleHandler({ callSite: true })] })
    log.bind({ camera_id: 1 }).error('failed', new TypeError('boom'))
    log.close()`
  writeFileSync(join(app, 'imported.mjs'), `import * as logger from '@timelapser/logger'\n${use}`)
  writeFileSync(join(app, 'required.cjs'), `const logger = require('@timelapser/logger')\n${use}`)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** npm 10 prints a list, npm 11 and later an object by name. */
function readFirstFileName(json: string): string {
  const [first] = Object.values(JSON.parse(json) as Record<string, { filename: string }>)
  return first?.filename ?? ''
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
        extra_data: { error: { type: 'TypeError', message: 'boom' } },
        line: 5,
      })
    })
  })

  it('type-checks in an application that knows only the package', async () => {
    writeFileSync(
      join(app, 'app.ts'),
      `import { createLogger, httpHandler, type Logger } from '@timelapser/logger'
       const logger: Logger = createLogger({ handlers: [httpHandler({ url: 'http://localhost:4700' })] })
       logger.bind({ camera_id: 1 }).error('text', { a: 1 })
       logger.warn({ a: 1 }, 'text %s', 'x')
       logger.error(new Error('x'))
       // @ts-expect-error no such method
       logger.verbose('x')\n`,
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
    ]
    await run(join(root, 'node_modules', '.bin', 'tsc'), [...options, '--ignoreConfig'], { cwd: app })
  })
})
