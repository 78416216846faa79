import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { inject } from 'vitest'
import { freePort } from '../../../test/support/free-port.ts'

const PROGRAM = ['pgbouncer', '/usr/sbin/pgbouncer'].find(
  (program) => spawnSync(program, ['--version']).error === undefined,
)

/** Whether there is none on this machine, and the words for it in a title. */
export const isPgbouncerMissing = PROGRAM === undefined
export const withoutPgbouncer = isPgbouncerMissing
  ? ' (skipped: pgbouncer is not installed; Debian has it in a package of this name)'
  : ''

export type Pgbouncer = {
  /** The database of a URL, through it. */
  through: (url: string) => string
  /** Ends it as a crash does, and starts it again on the same port. */
  restart: () => Promise<void>
  stop: () => Promise<void>
}

/** Starts a PgBouncer before the server of a URL with a socket; the users of the URLs need no password. */
export async function startPgbouncer(
  url: string,
  settings: Record<string, string> = {},
  others: string[] = [],
): Promise<Pgbouncer> {
  const { hostname, port: serverPort } = new URL(url)
  const host = decodeURIComponent(hostname)
  const folder = mkdtempSync(join(tmpdir(), 'timelapser-pgbouncer-'))
  chmodSync(folder, 0o755)
  const port = await freePort()
  const users = [...others, url].map((one) => new URL(one).username).map((name) => `"${name}" ""`)
  writeFileSync(join(folder, 'users'), [...new Set(users)].join('\n'))
  const own = {
    listen_addr: '127.0.0.1',
    listen_port: String(port),
    unix_socket_dir: '',
    auth_type: 'trust',
    auth_file: join(folder, 'users'),
    pool_mode: 'transaction',
    // Fewer than the connections of a server: they have to share.
    default_pool_size: '5',
    ...settings,
  }
  const lines = Object.entries(own).map(([name, value]) => `${name} = ${value}`)
  const ini = join(folder, 'pgbouncer.ini')
  writeFileSync(ini, `[databases]\n* = host=${host} port=${serverPort}\n[pgbouncer]\n${lines.join('\n')}\n`)

  // It does not run as root, and the socket is its owner's.
  const { uid, gid } = statSync(host)
  await letIn(uid)
  let child: ChildProcess
  const start = async () => {
    child = spawn(PROGRAM as string, [ini], {
      stdio: ['ignore', 'ignore', 'pipe'],
      ...(process.getuid?.() === 0 && { uid, gid }),
    })
    let said = ''
    child.stderr?.on('data', (chunk) => (said += chunk))
    while (!(await answers(port))) {
      if (child.exitCode !== null) throw new Error(`PgBouncer did not start:\n${said}`)
      await delay(10)
    }
  }
  const end = async () => {
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  await start()
  return {
    through: (one) => {
      const { username, pathname } = new URL(one)
      return `postgres://${username}@127.0.0.1:${port}${pathname}`
    },
    async restart() {
      await end()
      await start()
    },
    async stop() {
      await end()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Has the server of the project take a user of this machine for any role; its own user map knows root and us. */
async function letIn(uid: number): Promise<void> {
  const { host, port, user, major } = inject('testServer')
  // Older ones trust everybody who reaches the socket.
  if (major < 16) return
  const client = new pg.Client({ host, port, user, database: 'postgres' })
  await client.connect()
  const { rows } = await client.query<{ ident_file: string }>('show ident_file')
  const name = execFileSync('id', ['-nu', String(uid)], { encoding: 'utf8' }).trim()
  const file = rows[0]?.ident_file as string
  const line = `timelapser "${name}" all\n`
  if (!readFileSync(file, 'utf8').includes(line)) appendFileSync(file, line)
  await client.query('select pg_reload_conf()')
  await client.end()
}

function answers(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect(port, '127.0.0.1')
  socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
  return promise.finally(() => socket.destroy())
}
