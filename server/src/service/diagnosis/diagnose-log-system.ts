import type pg from 'pg'
import type { ReplicaFigures } from '../../store/database/read-replica.ts'
import { DAY, fromMillis, now, toMillis } from '../../store/database/timestamp.ts'
import type { LogOperations } from '../../store/log-operations.ts'
import { summariseSources } from '../../store/reading/log-overview.ts'
import type { LevelOverrides } from '../../store/settings/level-overrides.ts'
import type { SettingsStore } from '../../store/settings/settings.ts'
import type { BackupState } from '../administration/backup-clock.ts'
import type { CameraService } from '../administration/camera-service.ts'
import type { Health } from '../health.ts'
import type { StorageGuard } from '../ingest/storage-guard.ts'
import type { LiveFeed } from '../live/live-feed.ts'
import { checkBackups } from './backup-check.ts'
import { type Check, guarded, UNSEEN, type Verdict, worst } from './check.ts'
import { type Comparison, compare, type Snapshot } from './comparison.ts'
import { checkCameras, checkLevels, checkSources, checkTimeRange } from './content-checks.ts'
import { checkCounts, checkDatabase, checkIndexBuilds } from './database-checks.ts'
import { checkBuffers, checkLevelInForce } from './flow-checks.ts'
import { checkJobs } from './job-checks.ts'
import { checkNames } from './name-check.ts'
import { checkPacking, isPackingOn } from './packing-check.ts'
import { checkRedaction } from './redaction-check.ts'
import { checkReplica } from './replica-check.ts'
import { forecast, PACE_DAYS } from './retention-forecast.ts'
import { type StreamProbe, sendTestLines, TEST_LINES_MINUTES } from './test-lines.ts'

export type Diagnosis = {
  /** The gravest of the checks. */
  verdict: Verdict
  generated_at: string
  duration_ms: number
  checks: Check[]
  /** After test lines: the summary before and after, in the words of the specification. */
  comparison: Comparison['lines'] | null
  /** Until when the test lines are kept; null without any. */
  test_lines_until: string | null
}

export type DiagnosisOptions = {
  pool: pg.Pool
  logOperations: LogOperations
  liveFeed: LiveFeed
  cameras: CameraService
  levels: LevelOverrides
  settings: SettingsStore
  health: Health
  storageGuard: StorageGuard
  ownLog: () => { queuedRows: number; spooledRows: number; dropped: number }
  isListening: () => boolean
  /** Undefined when this server was not asked for backups. */
  backups: (() => Promise<BackupState>) | undefined
  /** Undefined without a read replica. */
  replica: () => ReplicaFigures | undefined
  /** Has the test lines of the range deleted at that time. */
  deleteLater: (range: { start: string; end: string }, at: Date) => Promise<void>
}

/** A database that is well answers in milliseconds. */
const DATABASE_PATIENCE_MS = 5000

const EVERYTHING = { visibility: { cameras: null } }

/**
 * Looks at the whole system and says of each part whether it is well, why not and what to do (spec: "Diagnostic
 * System Architecture"). With `testLines` a line of each level goes the whole way, and the summaries before and after
 * are compared. A check that fails is a finding; nothing is thrown.
 */
export async function diagnoseLogSystem(
  options: DiagnosisOptions,
  run: { testLines: boolean; streamProbe?: StreamProbe | undefined },
): Promise<Diagnosis> {
  const began = performance.now()
  const startedAt = Date.now()
  const database = await guarded('database', () => checkDatabase(options.pool), DATABASE_PATIENCE_MS)
  if (database.finding === UNSEEN) return outcome([unreachable(database)], began)
  const checks = [database, ...(await look(options, startedAt))]
  let comparison: Comparison['lines'] | null = null
  let test_lines_until: string | null = null
  if (run.testLines) {
    const since = fromMillis(startedAt - DAY)
    const before = await snapshot(options, since).catch(() => undefined)
    const { check, isStored } = await testLines(options, run.streamProbe)
    checks.push(check)
    const until = new Date(Date.now() + TEST_LINES_MINUTES * 60_000)
    const range = { start: fromMillis(startedAt - 1000), end: fromMillis(Date.now() + 1000) }
    checks.push(
      await guarded('comparison', async () => {
        if (isStored) {
          await options.deleteLater(range, until)
          test_lines_until = until.toISOString()
        }
        if (!before) throw new Error('There is no summary from before the test lines')
        const compared = compare(
          before,
          await snapshot(options, since),
          (await allCameras(options)).length > 0,
        )
        comparison = compared.lines
        return compared.check
      }),
    )
  }
  return { ...outcome(checks, began), comparison, test_lines_until }
}

function outcome(checks: Check[], began: number): Diagnosis {
  return {
    verdict: worst(checks.map(({ verdict }) => verdict)),
    generated_at: now(),
    duration_ms: Math.round(performance.now() - began),
    checks,
    comparison: null,
    test_lines_until: null,
  }
}

/** Without the database there is nothing else to look at. */
function unreachable(check: Check): Check {
  return {
    ...check,
    finding: 'Does not respond; nothing is stored or found, and nothing else could be checked',
    advice:
      'Start PostgreSQL and check its log; the server resumes automatically, and senders keep their lines until then.',
  }
}

async function testLines(options: DiagnosisOptions, streamProbe: StreamProbe | undefined) {
  let isStored = false
  const check = await guarded('test lines', async () => {
    const run = await sendTestLines({ ...options, streamProbe })
    isStored = run.journeys.some(({ database_ms }) => database_ms !== null)
    return run.check
  })
  return { check, isStored }
}

/** Everything that only reads, one after the other: a diagnosis must not be the load it finds. */
async function look(options: DiagnosisOptions, nowMs: number): Promise<Check[]> {
  const { pool, logOperations, backups } = options
  const replica = options.replica()
  const day = () => logOperations.getLogSummary(24, EVERYTHING)
  return [
    await guarded('index builds', () => checkIndexBuilds(pool)),
    await guarded('counts', () => checkCounts(pool, logOperations.partitions)),
    await guarded('levels', async () => checkLevels(await day())),
    await guarded('sources', async () =>
      checkSources(await logOperations.read(summariseSources, EVERYTHING, undefined)),
    ),
    await guarded('cameras', async () => checkCameras(pool, await allCameras(options), nowMs)),
    await guarded('time range', async () =>
      checkTimeRange(pool, await logOperations.getLogSummary(undefined, EVERYTHING), nowMs),
    ),
    await guarded('level in force', async () => checkLevelInForce(await options.levels.get())),
    await guarded('names', async () => checkNames(pool, await options.settings.get())),
    await guarded('redaction', async () => checkRedaction((await options.settings.get()).redaction)),
    await guarded('buffers', () =>
      checkBuffers({ ...options, subscribers: () => options.liveFeed.readers }, nowMs),
    ),
    await guarded('retention', () => checkRetention(options, nowMs)),
    await guarded('jobs', () => checkJobs(pool, nowMs)),
    ...(backups ? [await guarded('backups', () => checkBackups(backups, nowMs))] : []),
    ...(replica ? [checkReplica(replica)] : []),
    // A check that fails says so; the others are answered all the same.
    ...((await isPackingOn(pool).catch(() => true))
      ? [await guarded('packing', () => checkPacking(pool))]
      : []),
  ]
}

async function checkRetention(options: DiagnosisOptions, nowMs: number): Promise<Check> {
  const { logOperations, storageGuard, settings, health } = options
  const start = fromMillis(nowMs - PACE_DAYS * DAY)
  const [all, recent, figures, { freeBytes, isFull }, current] = await Promise.all([
    logOperations.getLogSummary(undefined, EVERYTHING),
    logOperations.countLogs({ ...EVERYTHING, start }),
    health.databaseFigures(),
    storageGuard.state(),
    settings.get(),
  ])
  return forecast({
    rows: all.total_logs,
    recentRows: recent.total,
    ageMs: all.first_log_at === null ? 0 : nowMs - toMillis(all.first_log_at),
    partitionBytes: figures.partitionBytes,
    freeBytes,
    isFull,
    settings: current,
  })
}

/** Both snapshots cover the same period: rows would leave a rolling period in between. */
async function snapshot({ logOperations }: DiagnosisOptions, start: string): Promise<Snapshot> {
  const [summary, cameras, sources] = await Promise.all([
    logOperations.getLogSummary(undefined, { ...EVERYTHING, start }),
    logOperations.getFacet({ ...EVERYTHING, start }, 'camera_id'),
    logOperations.getLogSources({ ...EVERYTHING, start }),
  ])
  return { summary, camera_logs: cameras.reduce((sum, { rows }) => sum + rows, 0), sources }
}

function allCameras({ cameras }: DiagnosisOptions) {
  return cameras.list({ cameras: null })
}
