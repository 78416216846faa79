import { type ChildProcess, spawn } from 'node:child_process'
import {
  chownSync,
  closeSync,
  existsSync,
  globSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { StartupError } from '../../startup-error.ts'
import type { PostgresBinaries } from './postgres-binaries.ts'
import { CLUSTER_OWNER } from './postgres-cluster.ts'
import type { PostgresUser } from './postgres-user.ts'
import { stopPostmaster } from './postmaster.ts'

export type PostgresProcessOptions = {
  binaries: PostgresBinaries
  cluster: string
  user: PostgresUser | undefined
  port: number
  log: (line: string) => void
}

/** `sun_path` of a Unix socket's address, less its final zero. */
const MAX_SOCKET_PATH_BYTES = 107
const POLL_MS = 20
/** After a crash the log of up to `max_wal_size` is replayed first. */
const RECOVERY_PATIENCE_MS = 15 * 60_000
const QUIET_MS = 3000
const SESSIONS_END_MS = 15_000
const RESTARTS_PER_MINUTE = 5

/** One `postgres` in a process group of its own. It is started again when it ends without having been asked to. */
export class PostgresProcess {
  readonly #options: PostgresProcessOptions
  readonly #restarts: number[] = []
  #child: ChildProcess | undefined
  #launchedMs = 0
  #socketDirectory = ''
  #ownSocketDirectory: string | undefined
  #isStopping = false

  constructor(options: PostgresProcessOptions) {
    this.#options = options
  }

  /** Resolves when it takes connections, with the folder of its socket. */
  async start(): Promise<string> {
    const { cluster, user, port } = this.#options
    this.#socketDirectory = cluster
    if (Buffer.byteLength(join(cluster, `.s.PGSQL.${port}`)) > MAX_SOCKET_PATH_BYTES) {
      this.#ownSocketDirectory = mkdtempSync('/tmp/timelapser-logs-')
      if (user) chownSync(this.#ownSocketDirectory, user.uid, user.gid)
      this.#socketDirectory = this.#ownSocketDirectory
    }
    process.once('exit', this.#onExit)
    await this.#launchPatiently()
    return this.#socketDirectory
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    process.off('exit', this.#onExit)
    const { pid } = this.#child ?? {}
    if (pid !== undefined) await stopPostmaster(pid)
    if (this.#ownSocketDirectory) rmSync(this.#ownSocketDirectory, { recursive: true, force: true })
  }

  /**
   * Sessions of a postmaster that was killed take a moment to notice; until then its memory is in use. A postmaster that
   * is killed while it starts is started again.
   */
  async #launchPatiently(): Promise<void> {
    let deadline = Date.now() + SESSIONS_END_MS
    for (let kills = 0; ; ) {
      try {
        return await this.#launch()
      } catch (error) {
        if (this.#isStopping) throw error
        const isInUse = error instanceof StartupError && error.message.includes('shared memory block')
        if (this.#child?.signalCode === 'SIGKILL') {
          if (++kills > RESTARTS_PER_MINUTE) throw error
          deadline = Date.now() + SESSIONS_END_MS
        } else if (!isInUse || Date.now() > deadline) throw error
        await delay(200)
      }
    }
  }

  async #launch(): Promise<void> {
    const { binaries, cluster, user, port } = this.#options
    // `stop` may come in a pause between two attempts: it would not end a process that begins after it.
    this.#throwIfStopping()
    this.#launchedMs = Date.now()
    const output = openSync(join(cluster, 'start.log'), 'w')
    const child = spawn(
      join(binaries.directory, 'postgres'),
      ['-D', cluster, '-p', `${port}`, '-k', this.#socketDirectory, '-c', 'listen_addresses='],
      {
        // Ctrl-C goes to the group of the terminal: PostgreSQL is to end after what the server still writes.
        detached: true,
        cwd: '/',
        env: { LC_ALL: 'C', TZ: 'UTC' },
        stdio: ['ignore', output, output],
        ...(user && { uid: user.uid, gid: user.gid }),
      },
    )
    closeSync(output)
    this.#child = child
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message))
      child.once('exit', () => resolve(this.#lastWords()))
    })
    const reason = await Promise.race([ended, this.#untilReady(child)])
    this.#throwIfStopping()
    if (reason !== undefined) {
      throw new StartupError(`PostgreSQL did not start on ${cluster}: ${reason}`)
    }
    void ended.then((words) => this.#restart(words))
  }

  #throwIfStopping(): void {
    if (!this.#isStopping) return
    throw new StartupError(`PostgreSQL was stopped before it had started on ${this.#options.cluster}.`)
  }

  /** Resolves when connections are accepted, when the process has ended, or when it is being stopped. */
  async #untilReady(child: ChildProcess): Promise<undefined> {
    const began = Date.now()
    let isTold = false
    const isOver = () => this.#isStopping || child.exitCode !== null || child.signalCode !== null
    while (Date.now() - began < RECOVERY_PATIENCE_MS && !isOver()) {
      const client = new pg.Client({
        host: this.#socketDirectory,
        port: this.#options.port,
        user: CLUSTER_OWNER,
        database: 'postgres',
      })
      client.on('error', () => undefined)
      try {
        await client.connect()
        return
      } catch {
        if (!isTold && Date.now() - began > QUIET_MS) {
          isTold = true
          this.#options.log('PostgreSQL is recovering from its last stop; this can take minutes.')
        }
        await delay(POLL_MS)
      } finally {
        await client.end().catch(() => undefined)
      }
    }
    if (isOver()) return
    throw new StartupError(
      `PostgreSQL was not ready after ${RECOVERY_PATIENCE_MS / 60_000} minutes. Its log is in ${this.#options.cluster}/log.`,
    )
  }

  async #restart(words: string): Promise<void> {
    const { log, cluster } = this.#options
    for (;;) {
      if (this.#isStopping) return
      while ((this.#restarts[0] ?? Number.POSITIVE_INFINITY) < Date.now() - 60_000) this.#restarts.shift()
      if (this.#restarts.push(Date.now()) > RESTARTS_PER_MINUTE) {
        log(
          `PostgreSQL exited ${RESTARTS_PER_MINUTE} times in a minute (${words}). Its log is in ${cluster}/log.`,
        )
        await delay(60_000, undefined, { ref: false })
      } else {
        log(`PostgreSQL exited unexpectedly (${words}); restarting it.`)
      }
      try {
        await this.#launch()
        return log('PostgreSQL is running again.')
      } catch (error) {
        words = error instanceof Error ? error.message : String(error)
        await delay(500)
      }
    }
  }

  /** The process ends without having stopped us: the last that can be done in time is to ask. */
  readonly #onExit = () => {
    this.#child?.kill('SIGINT')
  }

  /** Its last output about its end: before its log is open, or in its log. */
  #lastWords(): string {
    const { cluster } = this.#options
    const files = [...globSync(join(cluster, 'log/*')).sort(byAge), join(cluster, 'start.log')]
    const fatal = files
      .filter((file) => existsSync(file))
      .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
      .filter((line) => / (FATAL|PANIC): /.test(line) && writtenMs(line) >= this.#launchedMs)
      .at(-1)
    return fatal?.replace(/^.*?(FATAL|PANIC): +/, '') ?? `see ${cluster}/log for why`
  }
}

/** `2026-11-22 23:45:09.645 UTC [13364] FATAL: …` */
function writtenMs(line: string): number {
  return Date.parse(`${line.slice(0, 10)}T${line.slice(11, 23)}Z`)
}

function byAge(a: string, b: string): number {
  return statSync(a).mtimeMs - statSync(b).mtimeMs
}
