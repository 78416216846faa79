import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { findMachinePostgres } from './machine-postgres.ts'

const BINARIES = findMachinePostgres()?.directory
/** The PostgreSQL that we bring has no `pg_basebackup`. */
export const isStandbyMissing = BINARIES === undefined || !existsSync(join(BINARIES, 'pg_basebackup'))
export const withoutStandby = isStandbyMissing
  ? ' (skipped: the machine has no PostgreSQL of its own with pg_basebackup; Debian has it in the package postgresql)'
  : ''

const USER = 'timelapser'
const DATABASE = 'timelapser_logs'

type Node = {
  url: string
  /** Runs a statement as the superuser. */
  run: (text: string) => Promise<void>
  /** Ends it as a crash does. */
  kill: () => Promise<void>
  start: () => Promise<void>
}

export type Replicated = { primary: Node; standby: Node; stop: () => Promise<void> }

/** A primary with an empty database, and a standby that replays what it writes. */
export async function startReplicated(): Promise<Replicated> {
  const folder = mkdtempSync(join(tmpdir(), 'timelapser-standby-'))
  // PostgreSQL does not run as root.
  const account = process.getuid?.() === 0 ? idsOf('postgres') : undefined
  if (account) chownSync(folder, account.uid, account.gid)
  const program = (name: string) => join(BINARIES as string, name)
  const call = (name: string, ...options: string[]) =>
    execFileSync(program(name), options, { ...account, cwd: folder, stdio: 'pipe' })

  const nodeAt = (name: string, port: number): Node => {
    let child: ChildProcess
    const connection = { host: folder, port, user: USER }
    const run = async (text: string, database = DATABASE) => {
      const client = new pg.Client({ ...connection, database })
      client.on('error', () => undefined)
      await client.connect()
      await client.query(text).finally(() => client.end())
    }
    return {
      url: `postgres://${USER}@${encodeURIComponent(folder)}:${port}/${DATABASE}`,
      run,
      async start() {
        const settings = ['fsync=off', 'listen_addresses=', 'max_standby_streaming_delay=0', 'jit=off']
        child = spawn(
          program('postgres'),
          [
            ...['-D', join(folder, name), '-k', folder, '-p', String(port)],
            ...settings.flatMap((one) => ['-c', one]),
          ],
          { ...account, cwd: folder, stdio: 'ignore' },
        )
        while (
          !(await run('select 1', 'postgres').then(
            () => true,
            () => false,
          ))
        ) {
          if (child.exitCode !== null) throw new Error(`The ${name} did not start`)
          await delay(20)
        }
      },
      async kill() {
        if (child.exitCode !== null || child.signalCode !== null) return
        const ended = once(child, 'exit')
        // Its processes end with it, without a checkpoint.
        child.kill('SIGQUIT')
        await ended
      },
    }
  }

  const [primary, standby] = [nodeAt('primary', 5432), nodeAt('standby', 5433)]
  call('initdb', '-D', 'primary', '-A', 'trust', '-U', USER, '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync')
  await primary.start()
  const client = new pg.Client({ host: folder, port: 5432, user: USER, database: 'postgres' })
  await client.connect()
  await client.query(`create database ${DATABASE}`)
  await client.end()
  call('pg_basebackup', '-D', 'standby', '-h', folder, '-U', USER, '-R', '--checkpoint=fast', '--no-sync')
  await standby.start()
  return {
    primary,
    standby,
    async stop() {
      await standby.kill()
      await primary.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function idsOf(name: string): { uid: number; gid: number } {
  const id = (option: string) => Number(execFileSync('id', [option, name], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}
