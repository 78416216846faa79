import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { ByteBudget } from '../byte-budget.ts'
import type { AlertFigures } from '../store/alerts/alert-deliveries.ts'
import type { ReplicaFigures } from '../store/database/read-replica.ts'
import type { StatementTiming } from '../store/database/statement-watch.ts'
import type { NotStoredReason } from '../store/writing/not-stored.ts'
import type { EvaluatedStep } from './alerts/alert-evaluator.ts'
import { WAYS, type Way } from './ingest/ingest-service.ts'

/** Names of statements counted apart; those beyond are counted as `other`. There are some 150. */
const MAX_STATEMENTS = 300

const STATEMENT_SECONDS = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 30]
const FLUSH_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15]
const REQUEST_SECONDS = [0.005, 0.025, 0.1, 0.5, 2.5, 10, 60]

/** All of these exist from the start, so that a rate shows from their first rise on. */
const REASONS: readonly NotStoredReason[] = [
  'filtered',
  'rate_limited',
  'dropped_by_rule',
  'rejected',
  'refused_by_database',
  'stored_at_arrival',
]

const STREAMS = ['/api/events', '/api/logs/stream', '/loki/api/v1/tail', '/api/logs/export']

/** The figures read at a scrape. */
export type MetricSources = {
  /** The byte budgets, each by its name. */
  budgets: () => readonly ByteBudget[]
  /** The connections of ports beside the HTTP port. */
  connections: () => readonly ConnectionFigures[]
  waitingRows: () => number
  subscribers: () => number
  /** Lines of the server's own log that wait, and those it lost. */
  ownLog: () => { queuedRows: number; spooledRows: number; dropped: number }
  /** Fails when the database does not answer in time. */
  database: () => Promise<DatabaseFigures>
  /** Undefined without a replica. */
  replica: () => ReplicaFigures | undefined
  disk: () => Promise<{ freeBytes: number | null; isFull: boolean }>
  alerts: () => Promise<AlertFigures>
}

/** The connections of a way in: those that are open, and those that were ended for others. */
export type ConnectionFigures = { way: string; size: number; ended: number }

/** The figures that only the database has. */
export type DatabaseFigures = {
  feedLagSeconds: number
  partitions: number
  partitionBytes: number
  databaseBytes: number
  indexBuildsDue: number
  indexBuildsRunning: number
  packingDue: number
  countsPending: number
  lateJobs: number
}

/** Gauges set at each scrape. */
const GAUGES = {
  timelapser_write_queue_rows: 'Rows accepted and not yet in a transaction.',
  timelapser_stream_subscribers: 'Live views open at this server.',
  timelapser_own_log_queue_rows: 'Lines of the server itself that wait to be stored.',
  timelapser_own_log_spooled_rows:
    'Lines of the server itself that are spooled on disk until the database is available.',
  timelapser_own_log_dropped_rows: 'Lines of the server itself that were lost since its start.',
  timelapser_disk_free_bytes: 'Free bytes on the disk of the built-in database.',
  timelapser_disk_full: '1 while the disk is below its reserve and nothing is stored.',
  timelapser_database_up: '1 when the database answered this scrape.',
  timelapser_replica_fresh: '1 while the read replica is used; absent without one.',
  timelapser_replica_lag_bytes: 'Bytes of WAL that the read replica had not replayed at the last check.',
  timelapser_replica_reads: 'Reads that went to the read replica since the start.',
  timelapser_replica_primary_reads:
    'Reads since the start that could have used the replica and went to the primary.',
  timelapser_replica_fallbacks:
    'Statements since the start that failed on the read replica and were run on the primary.',
  timelapser_feed_lag_seconds:
    'Age of the oldest committed batch that this server was not notified of; 0 without any.',
  timelapser_partitions: 'Partitions of the logs.',
  timelapser_partition_bytes: 'Bytes of all partitions with their indexes.',
  timelapser_database_bytes: 'Bytes of the whole database.',
  timelapser_index_builds_due: 'Closed partitions that wait for their indexes.',
  timelapser_index_builds_running: 'Index builds under way in the database.',
  timelapser_packing_due: 'Closed partitions whose rows are to be packed.',
  timelapser_late_jobs: 'Jobs without a successful run for longer than allowed.',
  timelapser_counts_pending: 'Kept counts that are not folded yet.',
  timelapser_alert_lag_seconds:
    'Age of the moment up to which alert rules are evaluated; absent without rules.',
  timelapser_alerts_firing: 'Groups of alert rules that fire.',
  timelapser_alert_problems: 'Alert rules that cannot be evaluated.',
  timelapser_alert_notices_pending: 'Notices of alerts that are not delivered yet.',
  timelapser_alert_notices_dead: 'Notices of alerts that were given up.',
} as const
type GaugeName = keyof typeof GAUGES

/** Gauges of each budget, by its name. */
const BUDGET_GAUGES = {
  timelapser_budget_bytes: 'Bytes held in memory, by budget.',
  timelapser_budget_limit_bytes: 'Maximum bytes in memory, by budget.',
  timelapser_budget_refusals: 'Refusals since the start because a budget was used up.',
} as const

/** Gauges of each way in with a port for connections. */
const CONNECTION_GAUGES = {
  timelapser_connections: 'Open connections at ports other than HTTP, by protocol.',
  timelapser_connections_ended:
    'Connections that were closed since the start to free slots for others, by protocol.',
} as const

/** The numbers of this process for Prometheus, in one registry. Names are in docs/health.md; a test compares. */
export class Metrics {
  readonly registry = new Registry()
  readonly #stored = this.#counter('timelapser_rows_stored_total', 'Rows committed by this server.')
  readonly #notStored = this.#counter(
    'timelapser_rows_not_stored_total',
    'Rows that this server received and did not store, or not at their own time, by reason.',
    ['reason'],
  )
  readonly #received = this.#counter(
    'timelapser_rows_received_total',
    'Rows received over HTTP or another port, stored or not, by protocol.',
    ['way'],
  )
  readonly #flush = this.#histogram(
    'timelapser_flush_seconds',
    'Duration of transactions that store rows, from the first statement to COMMIT.',
    FLUSH_SECONDS,
    ['outcome'],
  )
  readonly #statements = this.#histogram(
    'timelapser_statement_seconds',
    'Duration of statements of this server, by name.',
    STATEMENT_SECONDS,
    ['statement'],
  )
  readonly #requests = this.#histogram(
    'timelapser_http_request_seconds',
    'Duration of requests, without streams.',
    REQUEST_SECONDS,
    ['method', 'route', 'status'],
  )
  readonly #streamsBroken = this.#counter(
    'timelapser_streams_broken_total',
    'Live streams and exports that ended because of a failure of the server or the database, by route.',
    ['route'],
  )
  readonly #alertRows = this.#counter(
    'timelapser_alert_rows_total',
    'Rows that this server evaluated alert rules over.',
  )
  readonly #alertTransitions = this.#counter(
    'timelapser_alert_transitions_total',
    'State changes of alerts decided by this server.',
  )
  readonly #alertTooLate = this.#counter(
    'timelapser_alert_too_late_rows_total',
    'Rows that arrived more than a day before or after their own time, so that windows of alert rules do not count them; once per rule.',
  )
  readonly #alertSteps = this.#histogram(
    'timelapser_alert_step_seconds',
    'Duration of the steps of alert rule evaluation, each one transaction.',
    FLUSH_SECONDS,
    [],
  )
  readonly #notices = this.#counter(
    'timelapser_alert_notices_total',
    'Attempts to deliver notices of alerts to their channels, by outcome.',
    ['outcome'],
  )
  readonly #gauges: Record<string, Gauge>
  readonly #budgetGauges: Record<string, Gauge<'budget'>>
  readonly #connectionGauges: Record<string, Gauge<'way'>>
  /** Names of statements that have times of their own. */
  readonly #seen = new Set<string>()
  #sources: MetricSources | undefined

  constructor() {
    for (const reason of REASONS) this.#notStored.inc({ reason }, 0)
    for (const way of WAYS) this.#received.inc({ way }, 0)
    for (const route of STREAMS) this.#streamsBroken.inc({ route }, 0)
    for (const outcome of ['sent', 'failed', 'dead'] as const) this.#notices.inc({ outcome }, 0)
    const registers = [this.registry]
    this.#gauges = Object.fromEntries(
      Object.entries(GAUGES).map(([name, help]) => [name, new Gauge({ name, help, registers })]),
    )
    this.#budgetGauges = Object.fromEntries(
      Object.entries(BUDGET_GAUGES).map(([name, help]) => [
        name,
        new Gauge({ name, help, labelNames: ['budget'], registers }),
      ]),
    )
    this.#connectionGauges = Object.fromEntries(
      Object.entries(CONNECTION_GAUGES).map(([name, help]) => [
        name,
        new Gauge({ name, help, labelNames: ['way'], registers }),
      ]),
    )
    addProcessMetrics(this.registry)
  }

  stored(rows: number): void {
    this.#stored.inc(rows)
  }

  received(way: Way, rows: number): void {
    this.#received.inc({ way }, rows)
  }

  notStored(reason: NotStoredReason, rows: number): void {
    this.#notStored.inc({ reason }, rows)
  }

  flushed(seconds: number, outcome: 'stored' | 'failed'): void {
    this.#flush.observe({ outcome }, seconds)
  }

  statement({ name, millis }: StatementTiming): void {
    this.#statements.observe({ statement: this.#nameOf(name) }, millis / 1000)
  }

  request(request: { method: string; route: string; status: number; seconds: number }): void {
    const { method, route, status, seconds } = request
    this.#requests.observe({ method, route, status: `${Math.floor(status / 100)}xx` }, seconds)
  }

  streamBroken(route: string): void {
    this.#streamsBroken.inc({ route })
  }

  alertsEvaluated({ rows, transitions, tooLate, millis }: EvaluatedStep): void {
    this.#alertRows.inc(rows)
    this.#alertTransitions.inc(transitions)
    this.#alertTooLate.inc(tooLate)
    this.#alertSteps.observe(millis / 1000)
  }

  noticeTried(outcome: 'sent' | 'failed' | 'dead'): void {
    this.#notices.inc({ outcome })
  }

  /** From here on a scrape includes these sources. */
  attach(sources: MetricSources): void {
    this.#sources = sources
  }

  /** All of it in the text format of Prometheus. */
  async scrape(): Promise<string> {
    if (this.#sources) await this.#read(this.#sources)
    return this.registry.metrics()
  }

  async #read(sources: MetricSources): Promise<void> {
    const { budgets, connections, waitingRows, subscribers, ownLog, disk, database } = sources
    const replica = sources.replica()
    const [space, figures, alerts] = await Promise.all([
      disk().catch(() => undefined),
      database().catch(() => undefined),
      sources.alerts().catch(() => undefined),
    ])
    const { queuedRows, spooledRows, dropped } = ownLog()
    const values: Record<GaugeName, number | null | undefined> = {
      timelapser_write_queue_rows: waitingRows(),
      timelapser_stream_subscribers: subscribers(),
      timelapser_own_log_queue_rows: queuedRows,
      timelapser_own_log_spooled_rows: spooledRows,
      timelapser_own_log_dropped_rows: dropped,
      timelapser_disk_free_bytes: space?.freeBytes,
      timelapser_disk_full: space && Number(space.isFull),
      timelapser_database_up: Number(figures !== undefined),
      timelapser_replica_fresh: replica && Number(replica.state === 'fresh'),
      timelapser_replica_lag_bytes: replica?.lag_bytes,
      timelapser_replica_reads: replica?.reads.replica,
      timelapser_replica_primary_reads: replica?.reads.primary,
      timelapser_replica_fallbacks: replica?.fallbacks,
      timelapser_feed_lag_seconds: figures?.feedLagSeconds,
      timelapser_partitions: figures?.partitions,
      timelapser_partition_bytes: figures?.partitionBytes,
      timelapser_database_bytes: figures?.databaseBytes,
      timelapser_index_builds_due: figures?.indexBuildsDue,
      timelapser_index_builds_running: figures?.indexBuildsRunning,
      timelapser_packing_due: figures?.packingDue,
      timelapser_counts_pending: figures?.countsPending,
      timelapser_late_jobs: figures?.lateJobs,
      timelapser_alert_lag_seconds: alerts?.lag_seconds,
      timelapser_alerts_firing: alerts?.firing,
      timelapser_alert_problems: alerts?.problems,
      timelapser_alert_notices_pending: alerts?.pending,
      timelapser_alert_notices_dead: alerts?.dead,
    }
    for (const [name, gauge] of Object.entries(this.#gauges)) {
      const value = values[name as GaugeName]
      // An old number would be believed.
      if (value === null || value === undefined) gauge.remove()
      else gauge.set(value)
    }
    for (const { name, usedBytes, limitBytes, refused } of budgets()) {
      this.#budgetGauges.timelapser_budget_bytes?.set({ budget: name }, usedBytes)
      this.#budgetGauges.timelapser_budget_limit_bytes?.set({ budget: name }, limitBytes)
      this.#budgetGauges.timelapser_budget_refusals?.set({ budget: name }, refused)
    }
    for (const { way, size, ended } of connections()) {
      this.#connectionGauges.timelapser_connections?.set({ way }, size)
      this.#connectionGauges.timelapser_connections_ended?.set({ way }, ended)
    }
  }

  #nameOf(name: string): string {
    // A statement without a name is called by its verb: its text may hold names of partitions.
    const short = name.includes(' ') ? (name.split(' ', 1)[0] ?? '') : name
    if (this.#seen.has(short)) return short
    if (this.#seen.size >= MAX_STATEMENTS) return 'other'
    this.#seen.add(short)
    return short
  }

  #counter<L extends string>(name: string, help: string, labelNames: L[] = []): Counter<L> {
    return new Counter({ name, help, labelNames, registers: [this.registry] })
  }

  #histogram<L extends string>(name: string, help: string, buckets: number[], labelNames: L[]): Histogram<L> {
    return new Histogram({ name, help, buckets, labelNames, registers: [this.registry] })
  }
}

/** Some of the library's are gauges with the names of counters, which Prometheus' own check refuses. */
function addProcessMetrics(register: Registry): void {
  collectDefaultMetrics({ register })
  for (const metric of register.getMetricsAsArray()) {
    const { name } = metric as { name?: string }
    if (metric instanceof Gauge && name?.endsWith('_total')) register.removeSingleMetric(name)
  }
}
