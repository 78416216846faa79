import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { findLateJobs } from '../store/database/job-runs.ts'
import { missingMigrations } from '../store/database/migrate.ts'
import type { Notices } from '../store/database/notices.ts'
import { isWritable } from '../store/database/transaction.ts'
import { isReachable, readFeedAge, readHealthFigures } from '../store/figures/health-figures.ts'
import type { StorageGuard } from './ingest/storage-guard.ts'
import type { DatabaseFigures } from './metrics.ts'

/** A supervisor's probe waits a few seconds at most. */
const PATIENCE_MS = 2000

const READY_CHECKS = ['database', 'migrations', 'feed', 'disk', 'writable', 'jobs'] as const
type ReadyCheck = (typeof READY_CHECKS)[number]

/** `degraded`: it answers every question, but stores nothing (disk, writable), shows new lines late (feed) or removes late (jobs). */
export type Readiness = {
  status: 'ready' | 'degraded' | 'unavailable'
  checks: Record<ReadyCheck, 'ok' | 'failed'>
}

export type HealthOptions = {
  pool: pg.Pool
  notices: Notices
  storageGuard: StorageGuard
  patienceMs?: number
}

/** The answers to probes and scrapes, within two seconds even if the database hangs. */
export class Health {
  readonly #options: HealthOptions
  readonly #patienceMs: number
  /** The newest feed entry there was a notice of; undefined when notices may have been missed. */
  #noticed: number | undefined
  #looking: Promise<Readiness> | undefined

  constructor(options: HealthOptions) {
    this.#options = options
    this.#patienceMs = options.patienceMs ?? PATIENCE_MS
    options.notices.on('log_feed', (id) => {
      this.#noticed = id === '' ? undefined : Math.max(Number(id), this.#noticed ?? 0)
    })
  }

  /** Requests during a check get the same answer: anybody may ask, as often as they like. */
  readiness(): Promise<Readiness> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async #look(): Promise<Readiness> {
    const { pool, notices, storageGuard } = this.#options
    const [database, migrations, disk, writable, jobs] = await Promise.all([
      this.#holds(isReachable(pool)),
      this.#holds(missingMigrations(pool).then((missing) => missing.length === 0)),
      this.#holds(storageGuard.state().then(({ isFull }) => !isFull)),
      this.#holds(isWritable(pool)),
      this.#holds(findLateJobs(pool).then((late) => late.length === 0)),
    ])
    const outcomes = { database, migrations, feed: notices.isListening, disk, writable, jobs }
    const checks = Object.fromEntries(
      READY_CHECKS.map((name) => [name, outcomes[name] ? 'ok' : 'failed']),
    ) as Readiness['checks']
    if (!database || !migrations) return { status: 'unavailable', checks }
    return { status: Object.values(outcomes).every(Boolean) ? 'ready' : 'degraded', checks }
  }

  /** @throws when the database does not answer in two seconds */
  async databaseFigures(): Promise<DatabaseFigures> {
    const { pool } = this.#options
    const [figures, feedLagSeconds, late] = await this.#within(
      Promise.all([readHealthFigures(pool), this.feedLagSeconds(), findLateJobs(pool)]),
    )
    return {
      lateJobs: late.length,
      feedLagSeconds,
      partitions: figures.partitions,
      partitionBytes: figures.partition_bytes,
      databaseBytes: figures.database_bytes,
      indexBuildsDue: figures.index_builds_due,
      indexBuildsRunning: figures.index_builds_running,
      packingDue: figures.packing_due,
      countsPending: figures.counts_pending,
    }
  }

  /** How long the oldest batch waits that this server knows nothing of. */
  async feedLagSeconds(): Promise<number> {
    return this.#noticed === undefined ? 0 : readFeedAge(this.#options.pool, this.#noticed)
  }

  #holds(check: Promise<boolean>): Promise<boolean> {
    return this.#within(check).catch(() => false)
  }

  async #within<T>(work: Promise<T>): Promise<T> {
    const giveUp = new AbortController()
    const tooLong = delay(this.#patienceMs, undefined, { signal: giveUp.signal }).then(() => {
      throw new Error(`no answer within ${this.#patienceMs} ms`)
    })
    tooLong.catch(() => undefined)
    return Promise.race([work, tooLong]).finally(() => giveUp.abort())
  }
}
