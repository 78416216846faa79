// Reads of log rows go to a standby as long as it has replayed all that was acknowledged before they began: what a caller
// has seen once, on whichever server and by whichever way, the caller sees again.
import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { StartupError } from '../../startup-error.ts'
import { fallBack } from './fallback.ts'
import { isPoolersRefusal, poolerInTheWay, refusePooler } from './pooler.ts'

export type ReplicaFigures = {
  state: ReplicaState
  /** Bytes of the log of the primary that it had not replayed when it was last looked at; null when that is not known. */
  lag_bytes: number | null
  /** Reads since the start, by where they went. */
  reads: { replica: number; primary: number }
  /** Statements that failed at the replica and were run at the primary. */
  fallbacks: number
  /** Why it is not used; null while it is. */
  reason: string | null
}

/** `fresh`: it is read from. `stale`: it is behind. `away`: it does not answer, or is no standby of the primary. */
export type ReplicaState = 'fresh' | 'stale' | 'away'

/** How long a read waits for the replica to come to where the primary was: more than the network and a replay take. */
const PATIENCE_MS = 100
const STEP_MS = 3

/** How often a replica that is not read from is looked at, and the other one for `/metrics`. */
const LOOK_MS = 1000

/** Bytes as numbers: a cluster writes nine petabytes before they are no longer exact. */
const COMMITTED = {
  name: 'replica_target',
  text: `select pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::bigint as committed`,
}
/** Which database it is, of which cluster: a standby has both of its primary. */
const IDENTITY = {
  name: 'replica_identity',
  text: `
    select format('%s/%s', system_identifier, oid) as identity
    from pg_control_system(), pg_database
    where datname = current_database()`,
}
/** A replica that does not say in this time where it is does not answer. */
const ANSWER_MS = 2000
const REPLAYED = {
  query_timeout: ANSWER_MS,
  name: 'replica_replayed',
  text: `
    select pg_is_in_recovery() as is_standby,
      pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint as replayed`,
}

/** After this number of looks in a row that did not find it fresh, it is told of: a short pause is no news. */
const LOOKS_BEFORE_NEWS = 10

/** It is not read from any more, and why; or it is again. */
export type ReplicaNews = { state: 'lost' | 'back'; reason: string | null }

export type ReadReplicaOptions = {
  primary: pg.Pool
  replica: pg.Pool
  /** See `SilentConnections.mark`, for the connections to the replica. */
  markSilent: () => () => void
}

/** Chooses for each read where it goes. */
export class ReadReplica {
  readonly #options: ReadReplicaOptions
  readonly #figures: ReplicaFigures = {
    ...{ state: 'away', lag_bytes: null, fallbacks: 0, reason: 'It has not been checked yet.' },
    reads: { replica: 0, primary: 0 },
  }
  /** How far the replica had come when it was last asked. */
  #replayed = 0
  #asking: Promise<number> | undefined
  #next: Promise<number> | undefined
  #askingReplica: Promise<void> | undefined
  /** Whether sessions of the node that answers were found to be its own. */
  #isKnown = false
  /** Looks in a row that found it not fresh. */
  #misses = 0
  #isToldLost = false
  #tell: ((news: ReplicaNews) => void) | undefined
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<unknown> | undefined
  #isClosed = false

  constructor(options: ReadReplicaOptions) {
    this.#options = options
    fallBack(options.replica, options.primary, (error) => this.#failed(error))
  }

  get figures(): ReplicaFigures {
    return { ...this.#figures, reads: { ...this.#figures.reads } }
  }

  /**
   * Looks at it now, and from time to time.
   *
   * @throws {StartupError} when it answers, and is another database or behind a pooler
   */
  async open(): Promise<void> {
    const failure = await this.#look()
    if (failure instanceof StartupError) throw failure
    // One that is away at the start may stay away for long.
    if (this.#figures.state === 'away') this.#misses = LOOKS_BEFORE_NEWS
    this.#lookLater()
  }

  /** Tells once when it has not been read from for a while, and once when it is again. */
  onNews(tell: (news: ReplicaNews) => void): void {
    this.#tell = tell
    this.#tellNews()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#looking
  }

  /** The pool for a read that begins now: all that was acknowledged until now is in it. */
  async choose(): Promise<pg.Pool> {
    const { primary, replica } = this.#options
    const isReplica = this.#figures.state === 'fresh' && (await this.#isUpToDate())
    this.#figures.reads[isReplica ? 'replica' : 'primary']++
    return isReplica ? replica : primary
  }

  async #isUpToDate(): Promise<boolean> {
    // A failure of the primary says nothing of the replica; the read itself meets it next.
    const target = await this.#committed().catch(() => undefined)
    if (target === undefined) return false
    try {
      if (await this.#comesTo(target)) return true
      this.#become('stale', 'It is behind the primary.')
    } catch (error) {
      this.#become('away', reasonOf(error))
    }
    return false
  }

  /** How far the primary has committed at this moment or later; callers at the same time share the answer. */
  #committed(): Promise<number> {
    // An answer that is under way may be from before this read began.
    this.#next ??= (this.#asking ?? Promise.resolve(0))
      .catch(() => 0)
      .then(() => {
        this.#asking = this.#next
        this.#next = undefined
        return this.#ask()
      })
    return this.#next
  }

  async #ask(): Promise<number> {
    const { rows } = await this.#options.primary.query<{ committed: number }>(COMMITTED)
    return rows[0]?.committed ?? Number.POSITIVE_INFINITY
  }

  async #comesTo(target: number): Promise<boolean> {
    for (const began = performance.now(); this.#replayed < target; await delay(STEP_MS)) {
      this.#askingReplica ??= this.#askReplica().finally(() => {
        this.#askingReplica = undefined
      })
      // Reads that wait at the same time share the answer: it only ever grows.
      await this.#askingReplica
      this.#figures.lag_bytes = Math.max(0, target - this.#replayed)
      if (this.#replayed >= target) return true
      if (performance.now() - began > PATIENCE_MS) return false
    }
    return true
  }

  async #askReplica(): Promise<void> {
    const { replica } = this.#options
    const client = await replica.connect()
    let broken = true
    try {
      const { rows } = await client.query<{ is_standby: boolean; replayed: number | null }>(REPLAYED)
      broken = false
      const { is_standby = false, replayed = null } = rows[0] ?? {}
      if (!is_standby) throw new Error('It is not a standby: it was promoted, or was never one')
      this.#replayed = replayed ?? 0
    } finally {
      client.release(broken)
    }
  }

  async #identity(place: 'primary' | 'replica'): Promise<string | undefined> {
    const client = await this.#options[place].connect()
    try {
      return (await client.query<{ identity: string }>(IDENTITY)).rows[0]?.identity
    } finally {
      client.release()
    }
  }

  #failed(error: unknown): void {
    this.#figures.fallbacks++
    // A statement that was in the way of the replay says nothing of the next.
    if (!isConflict(error)) this.#become('away', reasonOf(error))
  }

  #become(state: ReplicaState, reason: string | null): void {
    this.#figures.state = state
    this.#figures.reason = reason
    if (state === 'away') {
      this.#figures.lag_bytes = null
      // Another node may answer at its address next.
      this.#replayed = 0
      this.#isKnown = false
    }
  }

  /** Returns why it is away; nothing when it is not, or when the primary does not answer. */
  async #look(): Promise<unknown> {
    const facts = await Promise.all([this.#ask(), this.#identity('primary')]).catch(() => undefined)
    if (!facts) return undefined
    try {
      const isFresh = await this.#reaches(...facts)
      this.#become(isFresh ? 'fresh' : 'stale', isFresh ? null : 'It is behind the primary.')
      return undefined
    } catch (error) {
      this.#become('away', reasonOf(error))
      return error
    } finally {
      this.#misses = this.#figures.state === 'fresh' ? 0 : this.#misses + 1
      this.#tellNews()
    }
  }

  /** @throws when it does not answer, or is none to read from */
  async #reaches(target: number, identity: string | undefined): Promise<boolean> {
    const end = this.#options.markSilent()
    await this.#askReplica().catch((error: unknown) => {
      end()
      throw isPoolersRefusal(error) ? poolerInTheWay('DATABASE_READ_URL', error) : error
    })
    if (!this.#isKnown) await refusePooler(this.#options.replica, 'DATABASE_READ_URL')
    if ((await this.#identity('replica')) !== identity) {
      throw new StartupError(
        'DATABASE_READ_URL points to another database than DATABASE_URL. Set it to the same database on a standby of that server, or unset it.',
      )
    }
    this.#isKnown = true
    const isFresh = await this.#comesTo(target)
    this.#figures.lag_bytes = Math.max(0, target - this.#replayed)
    return isFresh
  }

  #tellNews(): void {
    const isLost = this.#misses >= LOOKS_BEFORE_NEWS || (this.#isToldLost && this.#misses > 0)
    if (isLost === this.#isToldLost || !this.#tell) return
    this.#isToldLost = isLost
    this.#tell({ state: isLost ? 'lost' : 'back', reason: this.#figures.reason })
  }

  #lookLater(): void {
    if (this.#isClosed) return
    this.#timer = setTimeout(() => {
      this.#looking = this.#look().then(() => this.#lookLater())
    }, LOOK_MS)
    this.#timer.unref()
  }
}

/** PostgreSQL ended the statement, or its session, since the replay could not wait for it any longer. */
function isConflict(error: unknown): boolean {
  return (error as { code?: unknown }).code === '40001'
}

function reasonOf(error: unknown): string {
  const said = error instanceof Error ? error.message || (error as NodeJS.ErrnoException).code : undefined
  return `${(said ?? String(error)).replace(/\.$/, '')}.`
}
