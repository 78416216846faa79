import { randomBytes, scryptSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyPluginAsync, onRouteHookHandler } from 'fastify'
import { openAccess } from '../../src/cli/serve/access.ts'
import { composeSystem, type System } from '../../src/cli/serve/compose.ts'
import { readConfig } from '../../src/config.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'

/** The status and the parsed body of a reply. */
export type Answer = {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever JSON came
  body: any
}

export type TestServer = {
  url: string
  /** Opens everything. */
  apiKey: string
  /** Where the server keeps its files. */
  dataDir: string
  system: System
  database: TestDatabase
  /** The server's reports of itself, in order. */
  reports: { kind: string; detail: unknown }[]
  get: (path: string) => Promise<Answer>
  send: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>
  close: () => Promise<void>
}

export type TestServerOptions = {
  /** As the process would have them, beside those of the test. */
  environment?: Record<string, string>
  /** Shared with another server, and the caller's to close. */
  database?: TestDatabase
  /** Where the database's files are, to be watched for room. */
  dataDirectory?: string
  /** How often the database is asked for a sign of life. */
  heartbeatMs?: number
  unreadMs?: number
  /** Hashes passwords as the product does, a tenth of a second of the processor each. */
  realPasswords?: boolean
  /** Called for each route as it is registered. */
  onRoute?: onRouteHookHandler
}

/**
 * The key of every server of a test file, made like any key: with another look, tests would not meet the effects of
 * real keys.
 */
const apiKey = `tl_${randomBytes(32).toString('base64url')}`

/** Keeps the library's form of a hash with little work: tests sign people in hundreds of times. */
const QUICK_PASSWORDS = {
  async hash(password: string) {
    const salt = randomBytes(16).toString('hex')
    return `${salt}:${scryptSync(password, salt, 64, { N: 16 }).toString('hex')}`
  },
  async verify({ hash, password }: { hash: string; password: string }) {
    const [salt = '', key] = hash.split(':')
    return scryptSync(password, salt, 64, { N: 16 }).toString('hex') === key
  },
}

/** The whole server but its process: real HTTP on a free port, a database of its own. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const database = options.database ?? (await createTestDatabase())
  const dataDir = await mkdtemp(join(tmpdir(), 'timelapser-server-'))
  const reports: TestServer['reports'] = []
  const report = (kind: string) => (detail: unknown) => void reports.push({ kind, detail })
  const { pool, libraryPool, connect, markSilent } = database.database
  const config = readConfig({
    DATA_DIR: dataDir,
    ADMIN_API_KEY: apiKey,
    RATE_LIMITS: 'off',
    ...options.environment,
  })
  const access = await openAccess({
    config,
    database: database.database,
    onTrouble: report('access'),
    onAudit: report('audit'),
    ...(!options.realPasswords && { passwords: QUICK_PASSWORDS }),
  })
  const system = await composeSystem({
    pool,
    jobPool: libraryPool,
    // At seven past the hour retention would delete the old lines that many tests are about.
    isOnClock: false,
    connect,
    markSilent,
    ...(options.heartbeatMs !== undefined && { heartbeatMs: options.heartbeatMs }),
    unreadMs: options.unreadMs,
    auditTrail: access.auditTrail,
    access: (notices) => {
      const plugin: FastifyPluginAsync = async (app, pluginOptions) => {
        if (options.onRoute) app.addHook('onRoute', options.onRoute)
        await access.plugin(notices)(app, pluginOptions)
      }
      return Object.assign(plugin, { [Symbol.for('skip-override')]: true })
    },
    pageDirectory: join(import.meta.dirname, '../../../web/dist'),
    trustProxy: config.trustProxy,
    publicUrl: config.publicUrl,
    roles: config.roles,
    embedOrigins: config.embed?.origins,
    cameraNamesUrl: config.cameraNamesUrl,
    rateLimits: config.rateLimits,
    dataDirectory: options.dataDirectory,
    alerts: {
      key: config.alertsKey,
      allowLocal: config.alertsAllowLocal,
      heartbeatUrl: config.alertsHeartbeatUrl,
      pageUrl: config.publicUrl,
    },
    reports: {
      onCamerasRegistered: report('camera'),
      onNamesFull: report('names'),
      onRequestLine: report('request'),
      onUnexpected: report('unexpected'),
      onStreamBroken: report('stream'),
      onJobFailed: (job, error) => report('job')({ job, error }),
      onRetention: report('retention'),
      onBackup: report('backup'),
      onBackupUploaded: report('upload'),
      onReplica: report('replica'),
      onScrub: report('scrub'),
      onStorage: report('storage'),
      onDatabaseConnection: report('connection'),
      onTrouble: report('trouble'),
      onAlertGap: report('gap'),
      onAlertsLate: report('late'),
      onNoticeDead: report('notice'),
    },
  })
  await system.app.listen({ host: '127.0.0.1', port: 0 })
  const url = `http://127.0.0.1:${(system.app.server.address() as AddressInfo).port}`
  const send: TestServer['send'] = async (method, path, body, headers = {}) => {
    const isRaw = typeof body === 'string' || body instanceof Uint8Array
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(body === undefined || isRaw ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isRaw ? body : JSON.stringify(body) }),
    })
    return { status: response.status, headers: response.headers, body: await response.json() }
  }
  return {
    url,
    apiKey,
    dataDir,
    system,
    database,
    reports,
    get: (path) => send('GET', path),
    send,
    async close() {
      await system.close()
      await access.close()
      if (!options.database) await database.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
