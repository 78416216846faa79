import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { StartupError } from '../../startup-error.ts'

/** The account PostgreSQL runs as. */
export type PostgresUser = { name: string; uid: number; gid: number }

/** The account that root makes for PostgreSQL, and that the systemd unit runs everything as. */
export const OWN_USER = 'timelapser-logs'
/** Used where our own user cannot be made. Other programs use it as well, and may do with its files as they like. */
export const SHARED_USER = 'nobody'

/** How often another process may be changing the accounts in the same moment. */
const TRIES = 5

/** Makes the account for PostgreSQL when root starts it and there is none; a machine that has no `useradd` goes without. */
export function makeOwnUser(): void {
  if (process.getuid?.() !== 0 || process.platform !== 'linux') return
  for (let tries = 0; tries < TRIES && !hasOwnUser(); tries++) {
    const { error } = spawnSync(
      'useradd',
      [
        '--system',
        '--user-group',
        '--no-create-home',
        '--home-dir',
        '/nonexistent',
        '--shell',
        '/usr/sbin/nologin',
        OWN_USER,
      ],
      { stdio: 'ignore', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } },
    )
    if (error) return
  }
}

function hasOwnUser(): boolean {
  return readAccounts().some(({ name }) => name === OWN_USER)
}

/**
 * PostgreSQL refuses to run as root, so root runs it as another: the owner of the data there is, else the account made for
 * it, else `nobody`. Everybody else runs it as themselves: `undefined`.
 */
export function choosePostgresUser(clusterDirectory: string): PostgresUser | undefined {
  if (process.getuid?.() !== 0) {
    checkOwnName()
    return undefined
  }
  const accounts = readAccounts()
  const owner = existsSync(clusterDirectory) ? statSync(clusterDirectory).uid : 0
  const named = (wanted: string) => accounts.find(({ name }) => name === wanted)
  const user =
    owner === 0 ? (named(OWN_USER) ?? named(SHARED_USER)) : accounts.find(({ uid }) => uid === owner)
  if (user) return user
  throw new StartupError(
    owner === 0
      ? 'PostgreSQL refuses to run as root, and this machine has no user "timelapser-logs" or "nobody" to run it as. Start as an ordinary user, or set DATABASE_URL.'
      : `${clusterDirectory} belongs to the user id ${owner}, which this machine does not know. Start as its owner, or change the owner with chown.`,
  )
}

/** PostgreSQL asks the system for its user's name, to start and to know who connects. */
function checkOwnName(): void {
  try {
    userInfo()
  } catch (cause) {
    throw new StartupError(
      `The user id ${process.getuid?.()} has no name on this machine (no line in /etc/passwd), which PostgreSQL requires. Start as a user with a name (in a container leave out --user, or give the id a line in /etc/passwd), or set DATABASE_URL.`,
      { cause },
    )
  }
}

/** Whether the account can enter the folder or run the file, asked of the system itself. */
export function canReach(path: string, user: PostgresUser | undefined): boolean {
  if (!user) return true
  const { status } = spawnSync('/bin/sh', ['-c', 'test -x "$0"', path], {
    uid: user.uid,
    gid: user.gid,
    cwd: '/',
  })
  return status === 0
}

function readAccounts(): PostgresUser[] {
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
}
