import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { StartupError } from '../../startup-error.ts'

/** The account PostgreSQL runs as. */
export type PostgresUser = { name: string; uid: number; gid: number }

/**
 * PostgreSQL refuses to run as root, so root runs it as another: the owner of the data there is, else `nobody`.
 * Everybody else runs it as themselves: `undefined`.
 */
export function choosePostgresUser(clusterDirectory: string): PostgresUser | undefined {
  if (process.getuid?.() !== 0) return undefined
  const accounts = readAccounts()
  const owner = existsSync(clusterDirectory) ? statSync(clusterDirectory).uid : 0
  const user =
    owner === 0 ? accounts.find(({ name }) => name === 'nobody') : accounts.find(({ uid }) => uid === owner)
  if (user) return user
  throw new StartupError(
    owner === 0
      ? 'PostgreSQL refuses to run as root, and this machine has no user "nobody" to run it as. Start as an ordinary user, or set DATABASE_URL.'
      : `${clusterDirectory} belongs to the user id ${owner}, which this machine does not know. Start as its owner, or change the owner with chown.`,
  )
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
