import { randomUUID } from 'node:crypto'
import compress from '@fastify/compress'
import helmet from '@fastify/helmet'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import fastify, { type FastifyInstance, type FastifyPluginAsync } from 'fastify'
import type { AuditTrail } from '../service/access/audit-trail.ts'
import type { RateLimits } from '../service/access/rate-limits.ts'
import type { CameraService } from '../service/administration/camera-service.ts'
import type { LevelService } from '../service/administration/level-service.ts'
import type { RetentionService } from '../service/administration/retention-service.ts'
import type { SettingsService } from '../service/administration/settings-service.ts'
import type { Health } from '../service/health.ts'
import type { IngestService } from '../service/ingest/ingest-service.ts'
import type { RedactionService } from '../service/ingest/redaction-service.ts'
import type { ScrubService } from '../service/ingest/scrub-service.ts'
import type { LiveFeed } from '../service/live/live-feed.ts'
import type { ServerEvents } from '../service/live/server-events.ts'
import type { ExportService } from '../service/logs/export-service.ts'
import type { LogService } from '../service/logs/log-service.ts'
import type { LokiQueries } from '../service/loki/loki-queries.ts'
import type { Metrics } from '../service/metrics.ts'
import type { SavedViews } from '../service/search/saved-views.ts'
import type { SearchQueries } from '../service/search/search-query.ts'
import { VERSION } from '../version.ts'
import { auditRoutes, registerActors } from './audit.ts'
import { cameraRoutes } from './cameras.ts'
import { cleanupRoutes } from './cleanup.ts'
import { debuggingRoutes } from './debugging.ts'
import { deletionRoutes } from './deletion.ts'
import { diagnosticsRoutes } from './diagnostics.ts'
import { type BrokenStream, registerErrorReplies, type UnexpectedError } from './error-replies.ts'
import { exportRoutes } from './export.ts'
import { healthRoutes, registerRequestTimes } from './health.ts'
import { ingestRoutes } from './ingest.ts'
import { levelRoutes } from './levels.ts'
import { logRoutes } from './logs.ts'
import { openApiRoutes, registerOpenApi } from './openapi.ts'
import { pageRoutes } from './page.ts'
import { foreignIngestRoutes } from './protocols/foreign-ingest.ts'
import { lokiQueryRoutes } from './protocols/loki-query.ts'
import { registerRateLimits } from './rate-limits.ts'
import { redactionRoutes } from './redaction.ts'
import { type RequestLine, registerRequestLog } from './request-log.ts'
import { settingsRoutes } from './settings.ts'
import { streamRoutes } from './streams.ts'
import { refuseUnknownParameters } from './validation-sentence.ts'
import { viewRoutes } from './views.ts'
import { isWebSocket, registerUpgrades } from './web-socket.ts'

/** Bodies of everything but ingest. */
const MAX_JSON_BYTES = 1024 * 1024

export type AppOptions = {
  logService: LogService
  exportService: ExportService
  ingestService: IngestService
  levelService: LevelService
  cameraService: CameraService
  savedViews: SavedViews
  settingsService: SettingsService
  retentionService: RetentionService
  redactionService: RedactionService
  scrubService: ScrubService
  liveFeed: LiveFeed
  serverEvents: ServerEvents
  queries: SearchQueries
  lokiQueries: LokiQueries
  /** Authenticates every request and sets `request.principal`; its routes sign people in and out. */
  access: FastifyPluginAsync
  auditTrail: AuditTrail
  /** Where the built page lies. */
  pageDirectory: string
  trustProxy: boolean | string[]
  rateLimits: RateLimits
  health: Health
  metrics: Metrics
  diagnose: Parameters<typeof diagnosticsRoutes>[0]
  /** What the server logs of itself. */
  onRequestLine: (line: RequestLine) => void
  onUnexpected: (failure: UnexpectedError) => void
  onStreamBroken: (failure: BrokenStream) => void
}

/** The whole HTTP side, not yet listening. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    trustProxy: options.trustProxy,
    bodyLimit: MAX_JSON_BYTES,
    genReqId: () => randomUUID(),
    // A stream that is open must not keep the server from stopping.
    forceCloseConnections: true,
    requestTimeout: 120_000,
    http: { shouldUpgradeCallback: isWebSocket },
    routerOptions: { maxParamLength: 200 },
    ajv: {
      customOptions: { removeAdditional: false, coerceTypes: 'array', allErrors: false, verbose: true },
    },
  }).withTypeProvider<TypeBoxTypeProvider>()

  registerUpgrades(app)
  registerErrorReplies(app, options.onUnexpected, (failure) => {
    options.metrics.streamBroken(failure.route)
    options.onStreamBroken(failure)
  })
  refuseUnknownParameters(app)
  registerRequestTimes(app, options.metrics)
  registerRequestLog(app, options.settingsService, options.onRequestLine)
  app.addHook('onRequest', async (request, response) => {
    response.header('x-request-id', request.id)
  })
  await app.register(helmet, { contentSecurityPolicy: { directives: PAGE_POLICY }, hsts: false })
  // Bodies that come in packed are the ingest routes' own: they bound what unpacks.
  await app.register(compress, {
    globalDecompression: false,
    threshold: 1024,
    encodings: ['gzip', 'deflate', 'identity'],
  })
  await registerRateLimits(app, options.rateLimits)
  registerActors(app, options.auditTrail)
  await registerOpenApi(app, VERSION)
  await app.register(options.access)

  await app.register(openApiRoutes)
  await app.register(healthRoutes(options.health, options.metrics))
  await app.register(logRoutes(options.logService))
  await app.register(exportRoutes(options.exportService))
  await app.register(debuggingRoutes(options.logService))
  await app.register(cleanupRoutes(options.retentionService))
  await app.register(deletionRoutes(options.retentionService))
  await app.register(ingestRoutes(options.ingestService))
  await app.register(foreignIngestRoutes(options.ingestService))
  await app.register(lokiQueryRoutes(options.lokiQueries, options.liveFeed))
  const { liveFeed, serverEvents, queries } = options
  await app.register(streamRoutes({ liveFeed, serverEvents, queries }))
  await app.register(cameraRoutes(options.cameraService, options.logService.cameraActivity))
  await app.register(viewRoutes(options.savedViews))
  await app.register(levelRoutes(options))
  await app.register(settingsRoutes(options.settingsService))
  await app.register(redactionRoutes(options.redactionService, options.scrubService))
  await app.register(diagnosticsRoutes(options.diagnose))
  await app.register(auditRoutes(options.auditTrail))
  await app.register(pageRoutes(options.pageDirectory))
  return app
}

/** The page runs its own scripts alone and talks to its own server alone. */
const PAGE_POLICY = {
  defaultSrc: ["'self'"],
  scriptSrc: ["'self'"],
  // Positions of virtual rows and chart sizes are inline styles.
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:'],
  fontSrc: ["'self'"],
  connectSrc: ["'self'"],
  objectSrc: ["'none'"],
  frameAncestors: ["'none'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
  // Plain HTTP on a LAN is allowed; the directive would turn every file into one that cannot be loaded.
  upgradeInsecureRequests: null,
}
