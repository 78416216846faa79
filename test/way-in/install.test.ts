// Before anything can run: the required Node, and the installation of the packages, by real npm,
// in a checkout of two packages that are files.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { ROOT } from '../repository/source-files.ts'
import { bareEnvironment } from '../support/bare-environment.ts'
import { processesWith } from '../support/processes.ts'
import { follow, makeFolder, temporaryFolder } from '../support/program.ts'

/** Loads the check with another version in `process`; the oldest syntax it may use is not what this test is about. */
function startedBy(version: string) {
  const code = `Object.defineProperty(process.versions, 'node', { value: '${version}' }); require('./scripts/check-node.cjs')`
  const { status, stderr } = spawnSync(process.execPath, ['-e', code], { cwd: ROOT, encoding: 'utf8' })
  return { status, stderr }
}

test.each(['18.20.8', '20.9.0', '20.18.3', '21.7.3', '22.11.0'])(
  'Node %s is told what it takes',
  (version) => {
    expect(startedBy(version)).toEqual({
      status: 1,
      stderr: expect.stringMatching(
        new RegExp(
          `^Node ${version} is too old: [^\\n]* Install Node 24 [^\\n]* Nothing was installed\\.\\n$`,
        ),
      ),
    })
  },
)

test.each(['22.18.0', '23.0.0', '24.0.0', '26.1.0'])('Node %s is enough on every machine', (version) => {
  expect(startedBy(version)).toEqual({ status: 0, stderr: '' })
})

test('npm start and npm test look at the version before they load anything else', () => {
  const { scripts, engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  for (const name of ['start', 'test']) expect(scripts[name]).toContain('node -r ./scripts/check-node.cjs ')
  expect(engines.node).toBe('^20.19.0 || >=22.12.0')
})

let origin: string

beforeAll(() => {
  origin = makeFolder('checkout')
  cpSync(join(ROOT, 'scripts'), join(origin, 'scripts'), { recursive: true })
  cpSync(join(ROOT, 'server/bin'), join(origin, 'server/bin'), { recursive: true })
  writeFileSync(join(origin, 'says.mjs'), `console.log('it runs')`)
  const packed = (name: string, facts: object, hold?: string) => {
    const folder = join(origin, name)
    mkdirSync(folder)
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version: '1.0.0', ...facts }))
    if (hold) writeFileSync(join(folder, 'hold.mjs'), hold)
    const { stdout } = spawnSync('npm', ['pack', '--silent', `./${name}`], { cwd: origin, encoding: 'utf8' })
    return `file:${stdout.trim()}`
  }
  const slow = packed(
    'slow',
    { scripts: { install: 'node hold.mjs' } },
    `import { existsSync, writeFileSync } from 'node:fs'
    const folder = process.env.INIT_CWD
    writeFileSync(folder + '/installing', '')
    setInterval(() => existsSync(folder + '/hold') || process.exit(), 20)`,
  )
  const native = packed('native', { os: [process.platform] })
  const facts = { name: 'checkout', private: true, dependencies: { slow }, optionalDependencies: { native } }
  writeFileSync(join(origin, 'package.json'), JSON.stringify(facts))
  execFileSync('npm', ['install', '--package-lock-only', '--offline'], { cwd: origin })
  return () => rmSync(origin, { recursive: true, force: true })
})

/** A checkout in which nothing is installed yet. */
function checkout(): string {
  const folder = join(temporaryFolder(), 'checkout')
  cpSync(origin, folder, { recursive: true })
  return folder
}

function start(folder: string) {
  const child = spawn(process.execPath, ['scripts/run.mjs', 'says.mjs'], {
    cwd: folder,
    env: { ...bareEnvironment, HOME: folder, npm_config_ignore_scripts: 'false' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return follow(child)
}

async function outputOf(folder: string): Promise<string> {
  const program = start(folder)
  expect([await program.ended, program.output()]).toEqual([0, expect.stringContaining('it runs\n')])
  return program.output()
}

const INSTALLING = 'Installing packages: 0 of 2'

test('installs once, and again when packages are there that an older Node chose', async () => {
  const folder = checkout()
  expect(await outputOf(folder)).toContain(INSTALLING)
  expect(await outputOf(folder)).toBe('it runs\n')

  // npm of a Node that `native` does not allow leaves it out.
  rmSync(join(folder, 'node_modules/native'), { recursive: true })
  const installed = join(folder, 'node_modules/.package-lock.json')
  const { packages, ...rest } = JSON.parse(readFileSync(installed, 'utf8'))
  delete packages['node_modules/native']
  writeFileSync(installed, JSON.stringify({ ...rest, packages }))
  const stamp = join(folder, 'node_modules/.timelapser-lock')
  writeFileSync(stamp, readFileSync(stamp, 'utf8').replace(process.version, 'v22.11.0'))
  expect(await outputOf(folder)).toContain('Installing packages')
  expect(existsSync(join(folder, 'node_modules/native'))).toBe(true)

  // Another Node that had all of them installed what this one needs.
  writeFileSync(stamp, readFileSync(stamp, 'utf8').replace(process.version, 'v22.18.0'))
  expect(await outputOf(folder)).toBe('it runs\n')
})

test.each(['SIGTERM', 'SIGINT'] as const)(
  'interrupted by %s while it installs it leaves no process behind, and the next start works',
  { tags: ['long'] },
  async (signal) => {
    const folder = checkout()
    writeFileSync(join(folder, 'hold'), '')
    const program = start(folder)
    await expect.poll(() => existsSync(join(folder, 'installing'))).toBe(true)
    program.kill(signal)
    expect(await program.ended).toBe(signal === 'SIGINT' ? 130 : 143)
    await expect.poll(() => processesIn(folder)).toEqual([])
    rmSync(join(folder, 'hold'))
    expect(await outputOf(folder)).toContain('Installing packages')
  },
)

/** Ids of processes that work in the folder or below; npm's own do not name it on their command line. */
function processesIn(folder: string): string[] {
  return processesWith('node')
    .map((pid) => spawnSync('readlink', [`/proc/${pid}/cwd`], { encoding: 'utf8' }).stdout.trim())
    .filter((place) => place.startsWith(folder))
}
