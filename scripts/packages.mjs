// Whether the packages are installed for this machine and this lock file, and their installation.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import checkNode from '../server/bin/check-node.cjs'
import { ROOT, step } from './step.mjs'

export const MODULES = join(ROOT, 'node_modules')

const LOCK = join(ROOT, 'package-lock.json')
/** npm writes it as the last thing of an installation. */
const INSTALLED = join(MODULES, '.package-lock.json')
/** The lock file and the Node of our last installation. */
const STAMP = join(MODULES, '.timelapser-lock')

/** Runs `npm ci` when packages are missing, older than the lock file, or of another machine or an older Node. */
export async function ensurePackages() {
  checkNode.checkToInstall()
  if (hasPackages()) return
  const wanted = wantedPackages()
  const isThere = (path) => existsSync(join(ROOT, path, 'package.json'))
  const progress = () => `${wanted.filter(isThere).length} of ${wanted.length}`
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
  await step('Installing packages', npm, args, { progress })
  writeFileSync(STAMP, stampNow())
}

export function hasPackages() {
  if (!existsSync(INSTALLED)) return false
  const stamp = existsSync(STAMP) ? readFileSync(STAMP, 'utf8') : ''
  if (stamp === stampNow()) return true
  // Installed by hand after the lock file last changed, or by another Node: npm leaves out the packages that this Node
  // could not run, and says nothing.
  const isCurrent =
    stamp.split(' ')[0] === lockHash() || statSync(INSTALLED).mtimeMs >= statSync(LOCK).mtimeMs
  const { packages: installed } = JSON.parse(readFileSync(INSTALLED, 'utf8'))
  return isCurrent && wantedPackages().every((path) => installed[path])
}

function stampNow() {
  return `${lockHash()} ${process.version} ${machine().join(' ')}`
}

function lockHash() {
  return createHash('sha256').update(readFileSync(LOCK)).digest('hex')
}

/** Paths of the packages of the lock file that this machine has to have. */
function wantedPackages() {
  const { packages } = JSON.parse(readFileSync(LOCK, 'utf8'))
  const [os, cpu, libc] = machine()
  return (
    Object.entries(packages)
      .filter(([path, { link }]) => path.includes('node_modules/') && !link)
      // An optional package that names no machine may be needed only by a package for another machine.
      .filter(([, { optional, os, cpu }]) => !optional || os || cpu)
      .filter(([, one]) => allows(one.os, os) && allows(one.cpu, cpu) && allows(one.libc, libc))
      .map(([path]) => path)
  )
}

function machine() {
  return [process.platform, process.arch, checkNode.libc()]
}

/** npm's rule: one of the list, and none of those with a `!`. */
function allows(list, value) {
  if (list === undefined) return true
  const names = [list].flat()
  if (names.includes(`!${value}`)) return false
  const named = names.filter((name) => !name.startsWith('!'))
  return named.length === 0 || named.includes(value) || named.includes('any')
}
