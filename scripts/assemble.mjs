// `node scripts/assemble.mjs <folder>`: the program as it is installed for good, for the image and the Debian package:
// compiled, with the packages that it runs on by the lock file, and nothing that is only built or tested with.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { CONDITION, findNode, Problem, ROOT, run, step } from './toolchain.mjs'

/** Read by compilers, debuggers and people, never by the running program. */
const UNREAD = /\.(d\.[cm]?ts|map|a)$/

const PROGRAM = ['server', 'logger'].flatMap((workspace) => [
  `${workspace}/package.json`,
  `${workspace}/dist`,
])

await run(async () => {
  const [, , folder] = process.argv
  if (folder === undefined) throw new Problem('Name the folder to make: node scripts/assemble.mjs <folder>')
  const target = resolve(folder)
  if (existsSync(target) && readdirSync(target).length > 0)
    throw new Problem(`${target} is not empty. Remove it first, or name another folder.`)

  const { status } = spawnSync(findNode(), [join(ROOT, 'scripts/prepack.mjs')], { stdio: 'inherit' })
  if (status !== 0) throw new Problem('The server is not built.')
  await step('Preparing PostgreSQL', findNode(), [CONDITION, join(ROOT, 'scripts/prepare-postgres.ts')])

  for (const path of [...PROGRAM, 'server/bin', 'server/migrations', 'LICENSE']) copy(path, target)
  for (const path of packagesOf(['server', 'logger'])) copy(path, target)
  mkdirSync(join(target, 'node_modules/@timelapser'), { recursive: true })
  symlinkSync('../../logger', join(target, 'node_modules/@timelapser/logger'))
  mkdirSync(join(target, 'bin'))
  symlinkSync('../server/bin/timelapser-logs.mjs', join(target, 'bin/timelapser-logs'))
})

function copy(path, target) {
  const place = join(target, path)
  mkdirSync(dirname(place), { recursive: true })
  // Packages inside a package are packages of their own.
  const isOwn = (name) => !name.slice(join(ROOT, path).length).includes('node_modules') && !UNREAD.test(name)
  cpSync(join(ROOT, path), place, { recursive: true, filter: isOwn, verbatimSymlinks: true })
}

/**
 * Folders of the packages that the workspaces run on, by the lock file. npm's own `--omit=dev` keeps whatever a package
 * names as a peer it could do without: whole test runners and compilers.
 */
function packagesOf(workspaces) {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'))
  const found = new Set()
  const follow = (from) => {
    const one = packages[from]
    const isNeeded = (name) => !one.peerDependenciesMeta?.[name]?.optional
    const peers = Object.keys(one.peerDependencies ?? {}).filter(isNeeded)
    for (const name of [...Object.keys(one.dependencies ?? {}), ...peers]) visit(from, name, true)
    for (const name of Object.keys(one.optionalDependencies ?? {})) visit(from, name, false)
  }
  const visit = (from, name, isRequired) => {
    const path = placeOf(packages, from, name)
    if (path === undefined || found.has(path) || packages[path].link) return
    if (!existsSync(join(ROOT, path, 'package.json'))) {
      if (isRequired) throw new Problem(`${path} is not installed. Run npm ci first.`)
      return
    }
    found.add(path)
    follow(path)
  }
  workspaces.forEach(follow)
  return found
}

/** Where Node finds a package from another: in the `node_modules` of any folder above. */
function placeOf(packages, from, name) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`
    if (packages[path]) return path
    if (folder === '') return undefined
  }
}
