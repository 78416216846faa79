import type { FastifyInstance } from 'fastify'
import type { ByteBudget } from '../../byte-budget.ts'
import { type AppOptions, buildApp } from '../../http/app.ts'
import { notServed } from '../../http/not-served.ts'
import { pageRoutes } from '../../http/page.ts'
import { startSchedule } from '../../jobs/schedule.ts'
import { ALL_ROLES } from '../../roles.ts'
import { DEFAULT_RATE_LIMITS } from '../../service/access/rate-limits.ts'
import type { StepOutcome } from '../../service/alerts/alert-evaluator.ts'
import type { IngestService } from '../../service/ingest/ingest-service.ts'
import type { ConnectionFigures } from '../../service/metrics.ts'
import type { Channel, Notices } from '../../store/database/notices.ts'
import type { LogOperations } from '../../store/log-operations.ts'
import type { LevelOverrides } from '../../store/settings/level-overrides.ts'
import type { SettingsStore } from '../../store/settings/settings.ts'
import { administrationPart, cameraNamesPart } from './parts/administration.ts'
import { alertsPart } from './parts/alerts.ts'
import { assistantsPart } from './parts/assistants.ts'
import { backupsPart } from './parts/backups.ts'
import { type Core, openCore } from './parts/core.ts'
import { intakePart, parsingPart } from './parts/intake.ts'
import { livePart } from './parts/live.ts'
import { maskingPart } from './parts/masking.ts'
import type { Part } from './parts/part.ts'
import { readingPart } from './parts/reading.ts'
import { removalPart } from './parts/removal.ts'
import { startUpkeep } from './parts/upkeep.ts'
import { watchPart } from './parts/watch.ts'
import type { SystemOptions } from './system-options.ts'

export type System = {
  app: FastifyInstance
  logOperations: LogOperations
  settings: SettingsStore
  levels: LevelOverrides
  /** For what comes in by other ways than HTTP. */
  ingestService: IngestService
  /** Evaluates alert rules now, and says whether there is more; it happens by itself as well. */
  evaluateAlerts: () => Promise<StepOutcome>
  /** Writes the daily digests that are due, as the clock does. */
  writeDigests: () => Promise<number>
  /** The byte budgets of `/metrics`; each listener adds its own. */
  budgets: ByteBudget[]
  /** The connections of these ways in, for `/metrics`. */
  connections: ConnectionFigures[]
  /** Stops taking requests, stores what was accepted, ends the jobs. The pools stay the caller's. */
  close: () => Promise<void>
}

/** Puts the parts together; top to bottom is the order of start, bottom to top that of stop. */
export async function composeSystem(options: SystemOptions): Promise<System> {
  const { roles = ALL_ROLES } = options
  const core = openCore(options, (...job) => schedule.addJob(...job))
  const opened = await openParts(options, core)
  const { administration, removal, masking, intake, live, backups, cameraNames, watch, alerts } = opened

  core.budgets.push(...opened.parts.flatMap(({ budgets = [] }) => budgets))
  for (const part of opened.parts) listen(core.notices, part)
  await core.notices.open()

  const upkeep = await startUpkeep(options, core)
  const schedule = await startSchedule({
    pool: options.jobPool,
    isOnClock: options.isOnClock,
    isWorking: roles.has('jobs'),
    onFailure: options.reports.onJobFailed,
    jobs: { ...removal.jobs, ...masking.jobs, ...administration.jobs, ...watch.jobs, ...upkeep.jobs },
  })
  const app = await buildApp(appOptions(options, core, opened))

  watch.start()
  if (roles.has('jobs')) {
    alerts.start()
    backups.start()
    cameraNames?.start()
  }

  return {
    app,
    logOperations: core.logOperations,
    settings: core.settings,
    levels: core.levels,
    ingestService: intake.ingestService,
    evaluateAlerts: () => alerts.evaluator.step(),
    writeDigests: () => alerts.digestClock.look(),
    budgets: core.budgets,
    connections: core.connections,
    close: async () => {
      await Promise.all([live.liveFeed.close(), app.close()])
      await alerts.stop()
      await watch.stop()
      await backups.stop()
      await cameraNames?.stop()
      await schedule.stop()
      await upkeep.stop()
      await options.beforeStoreCloses?.()
      await core.close()
    },
  }
}

type OpenedParts = Awaited<ReturnType<typeof openParts>>

/** Each part, with those that it needs. */
async function openParts(options: SystemOptions, core: Core) {
  const administration = administrationPart(core)
  const reading = readingPart(core, administration)
  const removal = removalPart(core, reading)
  const masking = maskingPart(core)
  const intake = intakePart(core)
  const live = await livePart(core, reading)
  const backups = backupsPart(options, core)
  const cameraNames = cameraNamesPart(options, core, administration)
  const watch = watchPart(core, administration, live, backups)
  const parsing = parsingPart(core)
  const alerts = alertsPart(options, core, administration, reading)
  const parts: readonly Part[] = [
    reading,
    removal,
    intake,
    live,
    administration,
    masking,
    parsing,
    watch,
    alerts,
    assistantsPart(options),
  ]
  return { administration, removal, masking, intake, live, backups, cameraNames, watch, alerts, parts }
}

function appOptions(
  options: SystemOptions,
  core: Core,
  { administration, parts }: Pick<OpenedParts, 'administration' | 'parts'>,
): AppOptions {
  const { roles = ALL_ROLES } = options
  return {
    ...options.reports,
    access: options.access(core.notices),
    auditTrail: options.auditTrail,
    settingsService: administration.settingsService,
    metrics: core.metrics,
    budgets: core.budgets,
    routes: parts.flatMap(({ routes = [], role }) =>
      role === undefined || roles.has(role) ? routes : routes.map((one) => notServed(role, one)),
    ),
    page: (basePath) => {
      const page = pageRoutes(options.pageDirectory, { basePath, embedOrigins: options.embedOrigins })
      return roles.has('page') ? page : notServed('page', page)
    },
    trustProxy: options.trustProxy,
    certificate: options.certificate,
    publicUrl: options.publicUrl,
    unreadMs: options.unreadMs,
    rateLimits: options.rateLimits ?? DEFAULT_RATE_LIMITS,
  }
}

function listen(notices: Notices, { notices: heard = {} }: Part): void {
  for (const [channel, act] of Object.entries(heard)) notices.on(channel as Channel, act)
}
