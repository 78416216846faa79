import { LevelGate, type LogRecord } from '@timelapser/logger'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import type pg from 'pg'
import type { ByteBudget } from '../../byte-budget.ts'
import { buildApp } from '../../http/app.ts'
import type { BrokenStream, UnexpectedError } from '../../http/error-replies.ts'
import type { RequestLine } from '../../http/request-log.ts'
import { startFolding } from '../../jobs/fold-counts.ts'
import { DIAGNOSTIC_QUEUE, startSchedule } from '../../jobs/schedule.ts'
import { startTending, type Tending } from '../../jobs/tend-partitions.ts'
import type { AuditTrail } from '../../service/access/audit-trail.ts'
import { DEFAULT_RATE_LIMITS, type RateLimits } from '../../service/access/rate-limits.ts'
import { CameraService } from '../../service/administration/camera-service.ts'
import { LevelService } from '../../service/administration/level-service.ts'
import { type Removal, RetentionService } from '../../service/administration/retention-service.ts'
import { SettingsService } from '../../service/administration/settings-service.ts'
import { diagnoseLogSystem } from '../../service/diagnosis/diagnose-log-system.ts'
import { deleteTestLines } from '../../service/diagnosis/test-lines.ts'
import { Health } from '../../service/health.ts'
import { IngestService } from '../../service/ingest/ingest-service.ts'
import { RedactionService } from '../../service/ingest/redaction-service.ts'
import { ScrubService } from '../../service/ingest/scrub-service.ts'
import { freeBytesAt, StorageGuard } from '../../service/ingest/storage-guard.ts'
import { LiveFeed } from '../../service/live/live-feed.ts'
import { ServerEvents } from '../../service/live/server-events.ts'
import { ExportService } from '../../service/logs/export-service.ts'
import { LogService } from '../../service/logs/log-service.ts'
import { LokiQueries } from '../../service/loki/loki-queries.ts'
import { type MetricSources, Metrics } from '../../service/metrics.ts'
import { SavedViews } from '../../service/search/saved-views.ts'
import { SearchQueries } from '../../service/search/search-query.ts'
import { Notices, notify } from '../../store/database/notices.ts'
import { Feed } from '../../store/feed/feed.ts'
import { trimFeed } from '../../store/feed/feed-trimming.ts'
import { LogOperations } from '../../store/log-operations.ts'
import type { ScrubRun } from '../../store/removal/scrub-runs.ts'
import { LevelOverrides } from '../../store/settings/level-overrides.ts'
import { SettingsStore } from '../../store/settings/settings.ts'
import { NotStored } from '../../store/writing/not-stored.ts'
import { forgetParts } from '../../store/writing/senders.ts'

/** What the system tells of itself while it runs. */
export type SystemReports = {
  onCameraRegistered: (camera: { id: number; name: string }) => void
  onRequestLine: (line: RequestLine) => void
  onUnexpected: (failure: UnexpectedError) => void
  onStreamBroken: (failure: BrokenStream) => void
  onJobFailed: (job: string, error: unknown) => void
  onRetention: (removal: Removal) => void
  onScrub: (run: ScrubRun) => void
  onStorage: (state: 'full' | 'back', freeBytes: number | null) => void
  onDatabaseConnection: (state: 'lost' | 'back') => void
}

export type SystemOptions = {
  /** For requests and writes, with `valueParsers` on every connection. */
  pool: pg.Pool
  /** For the jobs' library, with the parsers it expects. */
  jobPool: pg.Pool
  /** A connection of its own for LISTEN. */
  connect: () => Promise<pg.Client>
  /** Of all connections to the database; see `Database`. */
  markSilent?: () => () => void
  /** How often the database is asked for a sign of life; 15 s when unset. */
  heartbeatMs?: number
  /** Authenticates requests; see `http/access-guard.ts`. */
  access: (notices: Notices) => FastifyPluginAsync
  auditTrail: AuditTrail
  pageDirectory: string
  trustProxy: boolean | string[]
  /** Unset for the default ones. */
  rateLimits?: RateLimits | undefined
  /** Where the database's files are, when that is on this machine: watched for room. */
  dataDirectory?: string | undefined
  /** Counts from the first statement on; an own one when unset. */
  metrics?: Metrics | undefined
  /** What waits and was lost of the server's own lines. */
  ownLog?: MetricSources['ownLog']
  /** Whether retention and its like run by the clock; true when unset. */
  isOnClock?: boolean
  reports: SystemReports
  /** Called at the stop when no request comes any more and the store still takes lines: what logs, logs its last. */
  beforeStoreCloses?: () => Promise<void>
}

export type System = {
  app: FastifyInstance
  logOperations: LogOperations
  settings: SettingsStore
  levels: LevelOverrides
  /** For what comes in by other ways than HTTP. */
  ingestService: IngestService
  /** What `/metrics` tells of; what comes in by other ways adds its own. */
  budgets: ByteBudget[]
  /** Stops taking requests, stores what was accepted, ends the jobs. The pools stay the caller's. */
  close: () => Promise<void>
}

/** Puts store, service, jobs and HTTP together; top to bottom is the order of start, bottom to top that of stop. */
export async function composeSystem(options: SystemOptions): Promise<System> {
  const { pool, reports, auditTrail, metrics = new Metrics() } = options
  const { connect, markSilent, heartbeatMs } = options
  const notices = new Notices({
    connect,
    onConnectionChange: reports.onDatabaseConnection,
    ...(markSilent && { markSilent }),
    ...(heartbeatMs !== undefined && { heartbeatMs, answerMs: heartbeatMs }),
  })
  const settings = new SettingsStore(pool)
  const { dataDirectory } = options
  const storageGuard = new StorageGuard({
    settings,
    freeBytes: dataDirectory === undefined ? undefined : () => freeBytesAt(dataDirectory),
    relieve: () => relieve().catch((error: unknown) => reports.onJobFailed('relief', error)),
    onChange: reports.onStorage,
  })
  const levels = new LevelOverrides(pool, settings)
  const told = new Set<Promise<unknown>>()
  const tellHeldBack = (record: LogRecord) => {
    const onFailure = (error: unknown) => reports.onJobFailed('levels', error)
    const telling: Promise<unknown> = logOperations.addLogEntries([record]).catch(onFailure)
    told.add(telling)
    void telling.finally(() => told.delete(telling))
  }
  const gate = new LevelGate({ onHeldBack: tellHeldBack })
  let tending: Tending | undefined
  const logOperations = new LogOperations({
    pool,
    settings,
    levels: { rules: levels, gate },
    onCameraRegistered: reports.onCameraRegistered,
    onStored: ({ accepted, repeated }) => {
      if (!repeated) metrics.stored(accepted)
      logService.forgetAnswers()
      if (!repeated) tending?.noteStored(accepted)
    },
    onFlush: ({ millis, outcome }) => metrics.flushed(millis / 1000, outcome),
    gate: storageGuard,
  })
  const budgets: ByteBudget[] = []
  const notStored = new NotStored(pool, (reason, rows) => metrics.notStored(reason, rows))
  const liveFeed = new LiveFeed({
    feed: new Feed(pool, logOperations.partitions, () => logOperations.deletedCameras()),
  })
  const serverEvents = new ServerEvents((channel, payload) => notify(pool, channel, payload))
  const cameraService = new CameraService(pool, auditTrail, async () => {
    logOperations.reloadCameras()
    await schedule.addJob('cameras', {}, { jobKey: 'cameras' })
  })
  const queries = new SearchQueries({ logOperations, cameras: cameraService })
  const retentionService = new RetentionService({
    logOperations,
    settings,
    serverEvents,
    queries,
    auditTrail,
    onRemoval: (removal) => {
      logService.forgetAnswers()
      reports.onRetention(removal)
    },
  })
  const relieve = async () => {
    await retentionService.dropCleared(0)
    await retentionService.apply('full disk')
  }
  const tellMasked = async (masked_count: number, by: string) => {
    logService.forgetAnswers()
    if (masked_count > 0) await serverEvents.publish('logs_masked', { masked_count, by })
  }
  const scrubService = new ScrubService({
    store: { pool, partitions: logOperations.partitions },
    auditTrail,
    countRows: async () => (await logOperations.countLogs({ visibility: { cameras: null } })).total,
    wake: async (inMs) => {
      const runAt = new Date(Date.now() + inMs)
      await schedule.addJob('scrub', {}, { jobKey: 'scrub', runAt, maxAttempts: 1 })
    },
    onEnd: async (run) => {
      reports.onScrub(run)
      await tellMasked(run.matched_rows, run.started_by)
    },
  })
  const settingsService = new SettingsService(settings, auditTrail)
  const levelService = new LevelService({
    ...{ levels, settings, settingsService, auditTrail, gate, storageGuard },
  })
  const logService = new LogService({
    ...{ logOperations, cameras: cameraService, levels: levelService, settings: settingsService },
    ...{ queries, auditTrail, isTold: () => notices.isListening },
  })

  for (const channel of ['log_feed', 'log_partitions', 'log_events', 'cameras', 'settings'] as const) {
    notices.on(channel, () => logService.forgetAnswers())
  }
  notices.on('log_feed', () => liveFeed.notify())
  notices.on('log_partitions', () => logOperations.partitions.reload())
  notices.on('log_bursts', () => tending?.lookSoon())
  notices.on('levels', () => levels.reload())
  notices.on('log_events', (payload) => serverEvents.receive(payload))
  notices.on('settings', (names) => {
    settings.reload()
    levels.reload()
    serverEvents.announce('settings_changed', { names: names.split(',').filter(Boolean) })
  })
  notices.on('cameras', (id) => {
    cameraService.reload()
    logOperations.reloadCameras()
    serverEvents.announce('camera_changed', { camera_id: id === '' ? null : Number(id) })
  })
  const health = new Health({ pool, logOperations, notices, storageGuard })
  const ownLog = options.ownLog ?? (() => ({ queuedRows: 0, spooledRows: 0, dropped: 0 }))
  metrics.attach({
    budgets: () => budgets,
    waitingRows: () => logOperations.waitingRows,
    subscribers: () => liveFeed.readers,
    ownLog,
    database: () => health.databaseFigures(),
    disk: () => storageGuard.state(),
  })
  await notices.open()

  const folding = startFolding(pool, (error) => reports.onJobFailed('counts', error))
  tending = startTending({
    pool,
    partitions: logOperations.partitions,
    connect: options.connect,
    onFailure: (error) => reports.onJobFailed('partitions', error),
    tellOfBurst: () => notify(pool, 'log_bursts', ''),
  })
  const schedule = await startSchedule({
    pool: options.jobPool,
    ...(options.isOnClock !== undefined && { isOnClock: options.isOnClock }),
    onFailure: reports.onJobFailed,
    jobs: {
      feed: async () => {
        await trimFeed(pool)
        await forgetParts(pool)
      },
      retention: async () => void (await retentionService.apply('retention')),
      cleared: async () => void (await retentionService.dropCleared()),
      scrub: () => scrubService.work(),
      cameras: async () => void (await logOperations.forgetDeletedCameras()),
      diagnostic: async (range) => {
        const deleted_count = await deleteTestLines(logOperations, range)
        logService.forgetAnswers()
        await serverEvents.publish('logs_cleaned', { deleted_count, days_kept: null, by: 'diagnose' })
      },
    },
  })

  const ingestService = new IngestService({ logOperations, notStored })
  budgets.push(ingestService.bodies.budget)
  const app = await buildApp({
    logService,
    exportService: new ExportService({ logOperations, queries, auditTrail }),
    ingestService,
    levelService,
    cameraService,
    savedViews: new SavedViews(pool, auditTrail),
    settingsService,
    retentionService,
    redactionService: new RedactionService({
      store: { pool, partitions: logOperations.partitions },
      settings,
      auditTrail,
      onMasked: tellMasked,
    }),
    scrubService,
    liveFeed,
    serverEvents,
    queries,
    lokiQueries: new LokiQueries(logOperations),
    access: options.access(notices),
    auditTrail,
    pageDirectory: options.pageDirectory,
    trustProxy: options.trustProxy,
    rateLimits: options.rateLimits ?? DEFAULT_RATE_LIMITS,
    health,
    metrics,
    diagnose: (run) =>
      diagnoseLogSystem(
        {
          ...{ pool, logOperations, liveFeed, levels, settings, health, storageGuard, ownLog },
          cameras: cameraService,
          isListening: () => notices.isListening,
          deleteLater: async (range, runAt) =>
            void (await schedule.addJob('diagnostic', range, { runAt, queueName: DIAGNOSTIC_QUEUE })),
        },
        run,
      ),
    onRequestLine: reports.onRequestLine,
    onUnexpected: reports.onUnexpected,
    onStreamBroken: reports.onStreamBroken,
  })

  return {
    app,
    logOperations,
    settings,
    levels,
    ingestService,
    budgets,
    close: async () => {
      await Promise.all([liveFeed.close(), app.close()])
      await schedule.stop()
      await tending?.stop()
      await folding.stop()
      await options.beforeStoreCloses?.()
      gate.close()
      await Promise.all(told)
      await logOperations.close()
      await notStored.close()
      await notices.close()
    },
  }
}
