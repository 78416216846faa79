import { execFile } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { StartupError } from '../../startup-error.ts'
import { type PostgresBinaries, SHARED_DIRECTORY } from './postgres-binaries.ts'
import { canReach, type PostgresUser } from './postgres-user.ts'

/** The superuser of a cluster of ours; only the folder's owner and root can connect at all. */
export const CLUSTER_OWNER = 'timelapser'

/**
 * Where the cluster of a data folder is, or is to be made: `postgres` inside it. Where the account PostgreSQL runs as
 * cannot get there (below /root, say), that name becomes a link to a folder it can reach.
 */
export function locateCluster(dataDirectory: string, user: PostgresUser | undefined): string {
  const path = join(realpathSync(dataDirectory), 'postgres')
  const isThere = existsSync(path)
  if (!isThere && isLink(path)) return linkedPlace(path)
  if (!isThere && !canReach(dataDirectory, user)) {
    mkdirSync(SHARED_DIRECTORY, { recursive: true, mode: 0o755 })
    const elsewhere = mkdtempSync(join(SHARED_DIRECTORY, 'data-'))
    chmodSync(elsewhere, 0o711)
    symlinkSync(join(elsewhere, 'postgres'), path)
    return join(elsewhere, 'postgres')
  }
  if (isThere && !canReach(dirname(realpathSync(path)), user)) {
    throw new StartupError(
      `The user ${user?.name}, as which PostgreSQL runs when started by root, cannot enter ${dirname(realpathSync(path))}. Move the data folder, or give access with chmod o+x.`,
    )
  }
  return isThere ? realpathSync(path) : path
}

/** A start that was cut short has left the link, and an empty folder where it points. */
function linkedPlace(path: string): string {
  const target = resolve(dirname(path), readlinkSync(path))
  if (existsSync(dirname(target))) return target
  // An empty database there would look like lost logs.
  throw new StartupError(
    `${path} points to ${target}, which does not exist. Mount or restore it; to start with an empty database, remove the link.`,
  )
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false
}

/** @throws {StartupError} when the folder holds anything but a cluster of this major version that we may use */
export function checkCluster(cluster: string, { major }: PostgresBinaries): void {
  if (!existsSync(cluster)) return
  const uid = process.getuid?.()
  const owner = statSync(cluster).uid
  if (uid !== undefined && uid !== 0 && owner !== uid) {
    throw new StartupError(
      `The database in ${cluster} belongs to the user id ${owner}, and the server runs as user id ${uid}. Start as its owner or as root, or change the owner with chown -R.`,
    )
  }
  const file = join(cluster, 'PG_VERSION')
  closeToGroup(cluster)
  if (!existsSync(file)) {
    if (readdirSync(cluster).length === 0) return
    throw new StartupError(
      `${cluster} contains files, but no PostgreSQL database. Move them away, or set DATA_DIR to another folder.`,
    )
  }
  const made = readFileSync(file, 'utf8').trim()
  if (Number(made) === major) return
  throw new StartupError(
    `The database in ${cluster} was created by PostgreSQL ${made}, and this version of Timelapser Logs includes ${major}. Start the version that created it and take a backup to restore here, or set DATA_DIR to another folder.`,
  )
}

/** PostgreSQL refuses a folder that its group may write to, and Kubernetes gives a volume's group just that (`fsGroup`). */
function closeToGroup(cluster: string): void {
  if ((statSync(cluster).mode & 0o027) !== 0) chmodSync(cluster, 0o700)
}

/** Makes an empty cluster unless there is one; it appears complete or not at all. */
export async function createCluster(
  cluster: string,
  { binaries, user, fast }: { binaries: PostgresBinaries; user: PostgresUser | undefined; fast: boolean },
): Promise<void> {
  if (existsSync(join(cluster, 'PG_VERSION'))) return
  const unfinished = mkdtempSync(`${cluster}.new-`)
  try {
    if (user) chownSync(unfinished, user.uid, user.gid)
    await promisify(execFile)(
      join(binaries.directory, 'initdb'),
      [
        `--pgdata=${unfinished}`,
        `--username=${CLUSTER_OWNER}`,
        '--encoding=UTF8',
        // The same order and case folding on every machine, whatever its locale; built in from 17 on.
        ...(binaries.major >= 17 ? ['--locale-provider=builtin', '--locale=C.UTF-8'] : ['--locale=C.UTF-8']),
        '--auth-local=trust',
        '--auth-host=reject',
        '--no-instructions',
        ...(fast ? ['--no-sync'] : []),
      ],
      { cwd: '/', env: { LC_ALL: 'C', TZ: 'UTC' }, ...(user && { uid: user.uid, gid: user.gid }) },
    )
    renameSync(unfinished, cluster)
  } catch (cause) {
    rmSync(unfinished, { recursive: true, force: true })
    // Another server was first; its cluster is as good.
    if (existsSync(join(cluster, 'PG_VERSION'))) return
    const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : String(cause)
    throw new StartupError(`PostgreSQL could not create its database in ${cluster}: ${lastLine(said)}`, {
      cause,
    })
  }
}

function lastLine(text: string): string {
  return (
    text
      .split('\n')
      .filter((line) => /error|fatal/i.test(line))
      .at(-1) ??
    text.split('\n').at(-1) ??
    ''
  )
}
