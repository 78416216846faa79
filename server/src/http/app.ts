import { randomUUID } from 'node:crypto'
import compress from '@fastify/compress'
import helmet from '@fastify/helmet'
import type { FastifyPluginAsyncTypebox, TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import fastify, { type FastifyInstance, type FastifyPluginAsync } from 'fastify'
import type { ByteBudget } from '../byte-budget.ts'
import type { AuditTrail } from '../service/access/audit-trail.ts'
import type { RateLimits } from '../service/access/rate-limits.ts'
import type { SettingsService } from '../service/administration/settings-service.ts'
import type { Metrics } from '../service/metrics.ts'
import { VERSION } from '../version.ts'
import { registerActors } from './audit.ts'
import { registerCallers } from './callers.ts'
import { type BrokenStream, registerErrorReplies, type UnexpectedError } from './error-replies.ts'
import { checkForwardedAddresses } from './forwarded-addresses.ts'
import { registerRequestTimes } from './health.ts'
import { refuseEndlessNumbers } from './impossible-values.ts'
import { lateCompilers } from './late-compilers.ts'
import { openApiRoutes, registerOpenApi } from './openapi.ts'
import { registerRateLimits } from './rate-limits.ts'
import { boundReplies } from './reply-room.ts'
import { type RequestLine, registerRequestLog } from './request-log.ts'
import { endSlowBodies } from './slow-bodies.ts'
import { endUnreadReplies } from './unread-replies.ts'
import { refuseUnknownParameters } from './validation-sentence.ts'
import { isWebSocket, registerUpgrades } from './web-socket.ts'

/** Bodies of everything but ingest. */
const MAX_JSON_BYTES = 1024 * 1024

/** Routes of one resource. */
export type Routes = FastifyPluginAsync | FastifyPluginAsyncTypebox

export type AppOptions = {
  /** In the order in which they are documented. */
  routes: readonly Routes[]
  /** Authenticates every request and sets `request.principal`; its routes sign people in and out. */
  access: FastifyPluginAsync
  auditTrail: AuditTrail
  /** The page, below the base path of its address. */
  page: (basePath: string) => Routes
  trustProxy: boolean | string[]
  /** The server's own certificate; without one it speaks plain HTTP. */
  certificate?: { cert: Buffer; key: Buffer } | undefined
  /** Where people reach the page, as the configuration has it. */
  publicUrl?: string | undefined
  /** How long a client may read nothing of its reply. */
  unreadMs?: number | undefined
  rateLimits: RateLimits
  settingsService: SettingsService
  metrics: Metrics
  /** The budgets of this side are added to them. */
  budgets: ByteBudget[]
  /** Receives the server's own request lines. */
  onRequestLine: (line: RequestLine) => void
  onUnexpected: (failure: UnexpectedError) => void
  onStreamBroken: (failure: BrokenStream) => void
}

/** The whole HTTP side, not yet listening. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const basePath =
    options.publicUrl === undefined ? '' : new URL(options.publicUrl).pathname.replace(/\/$/, '')
  const app = fastify({
    logger: false,
    trustProxy: options.trustProxy,
    bodyLimit: MAX_JSON_BYTES,
    genReqId: () => randomUUID(),
    // A proxy hands on the whole path; probes and senders beside the server leave the base path out.
    rewriteUrl: ({ url = '/' }) => (url.startsWith(`${basePath}/`) ? url.slice(basePath.length) : url),
    // A stream that is open must not keep the server from stopping.
    forceCloseConnections: true,
    // Node's bound of a whole request would end uploads that go on; see `slow-bodies.ts`.
    requestTimeout: 0,
    ...serverOptions(options.certificate),
    routerOptions: { maxParamLength: 200 },
    schemaController: { compilersFactory: lateCompilers() },
    ajv: {
      // The optimizer of the validators' code took a third of the time to start.
      customOptions: {
        ...{ removeAdditional: false, coerceTypes: 'array', allErrors: false, verbose: true },
        code: { optimize: false },
      },
    },
  }).withTypeProvider<TypeBoxTypeProvider>()

  registerBounds(app, options)
  app.addHook('onRequest', async (request, response) => {
    response.header('x-request-id', request.id)
  })
  await app.register(helmet, { contentSecurityPolicy: { directives: PAGE_POLICY }, hsts: false })
  // Before the packing, which takes the text of a reply as a stream.
  options.budgets.push(boundReplies(app))
  // Bodies that come in packed are the ingest routes' own: they bound what unpacks.
  await app.register(compress, {
    globalDecompression: false,
    threshold: 1024,
    encodings: ['gzip', 'deflate', 'identity'],
  })
  await registerRateLimits(app, options.rateLimits)
  registerCallers(app)
  registerActors(app, options.auditTrail)
  await registerOpenApi(app, VERSION)
  await app.register(options.access)

  await app.register(openApiRoutes)
  for (const routes of options.routes) await app.register(routes)
  await app.register(options.page(basePath))
  return app
}

/** The bounds, refusals and measurements of every request. */
function registerBounds(app: FastifyInstance, options: AppOptions): void {
  registerUpgrades(app)
  endSlowBodies(app)
  endUnreadReplies(app, options.unreadMs)
  checkForwardedAddresses(app)
  registerErrorReplies(app, options.onUnexpected, (failure) => {
    options.metrics.streamBroken(failure.route)
    options.onStreamBroken(failure)
  })
  refuseUnknownParameters(app)
  refuseEndlessNumbers(app)
  registerRequestTimes(app, options.metrics)
  registerRequestLog(app, options.settingsService, options.onRequestLine)
}

/** Over TLS a connection costs more before it says anything. */
const HANDSHAKE_MS = 10_000

/** The options of Node's server; Fastify takes those of both kinds and types them by the kind. */
function serverOptions(certificate: AppOptions['certificate']): {
  http: { shouldUpgradeCallback: typeof isWebSocket }
} {
  const http = { shouldUpgradeCallback: isWebSocket }
  if (certificate === undefined) return { http }
  const { cert, key } = certificate
  const https = { ...http, cert, key, minVersion: 'TLSv1.2', handshakeTimeout: HANDSHAKE_MS }
  return { https } as unknown as { http: typeof http }
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
  // Plain HTTP on a LAN is allowed; the directive would make every file fail to load there.
  upgradeInsecureRequests: null,
}
