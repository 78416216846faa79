import { randomBytes } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { Command } from 'commander'
import { backupPlanOf, type Config, misspelt, readConfig, type TlsConfig } from '../../config.ts'
import { databaseUrls } from '../../database-url.ts'
import type { Metrics } from '../../service/metrics.ts'
import { errorCode } from '../../startup-error.ts'
import { prepareDataDirectory } from '../../store/cluster/data-directory.ts'
import { startEmbeddedPostgres } from '../../store/cluster/embedded-postgres.ts'
import { migrate } from '../../store/database/migrate.ts'
import { openDatabase } from '../../store/database/open.ts'
import { openReplica } from '../../store/database/open-replica.ts'
import { onlySlow, type StatementTiming } from '../../store/database/statement-watch.ts'
import { leaveLocalAddress } from '../client/local-address.ts'
import type { Access } from './access.ts'
import { type CertificateNews, LiveCertificate, type SecureServer } from './certificate.ts'
import type { System } from './compose.ts'
import { checkPort, listen } from './listen.ts'
import type { Listener } from './listener.ts'
import type { Port } from './parts.ts'
import { untilStopped } from './stop-signals.ts'
import type { SystemLog } from './system-log.ts'
import type { SystemOptions } from './system-options.ts'
import { sayReady } from './welcome.ts'

const PAGE = join(
  import.meta.dirname,
  import.meta.filename.endsWith('.ts') ? '../../../../web/dist' : '../../page',
)

type Stop = [what: string, stop: () => Promise<void>]

/** Longer than any request may take; a supervisor's patience is rarely more. */
const STOP_PATIENCE_MS = 60_000

const HELP = `
Exit codes:
  0  stopped, with all accepted lines stored
  1  could not start, or not stop cleanly; see the message

Examples:
  timelapser-logs serve
  PORT=8080 DATABASE_URL=postgres://logs:secret@db:5432/logs timelapser-logs serve`

/** `timelapser-logs serve`: runs the server until a stop signal. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('start the server; configured by the environment, see docs/configuration.md')
    .addHelpText('after', HELP)
    .action(serve)
}

/** Statements that take longer become a line. The usual ones take milliseconds, a search may take its whole budget. */
const SLOW_STATEMENT_MS = 1000

/** Whole tables are read; a statement takes as long as it takes. */
const BACKUP_SESSIONS = {
  applicationName: 'timelapser-logs backup',
  statementTimeoutMs: 0,
  maxConnections: 4,
}

/**
 * V8 lets the heap grow to the fourfold between two collections on a machine with much memory: 250 MB of garbage beside
 * what the budgets let the server hold. Read at each collection, so that it need not be given to Node by each starter;
 * ingest takes no more time with it.
 */
const HEAP_GROWTH = '--heap-growing-percent=50'

async function serve(): Promise<void> {
  const began = performance.now()
  setFlagsFromString(HEAP_GROWTH)
  const config = readConfig()
  const plan = backupPlanOf(config)
  for (const sentence of misspelt()) console.error(sentence)
  const stops: Stop[] = []
  const stopped = untilStopped()
  try {
    // Before anything is made: the output of the first start must not be lost to a second try.
    await checkPort(config)
    const news = new EventEmitter<{ certificate: [CertificateNews] }>()
    const certificate = config.tls && (await openCertificate(config.tls, news))
    prepareDataDirectory(config.dataDir)
    const store = await openStore(config, stops)

    const { composeSystem, Metrics, NO_PAGE, openAccess, openSystemLog, portsOf } = await loadParts()
    const log = openSystemLog(join(config.dataDir, 'spool'))
    news.on('certificate', log.certificate)
    const metrics = new Metrics()
    const tellSlow = onlySlow(SLOW_STATEMENT_MS, log.slowStatement)
    store.statements.follow((timing) => {
      metrics.statement(timing)
      tellSlow(timing)
    })
    const { database } = store
    const access = await openAccess({ config, database, onTrouble: log.accessTrouble, onAudit: log.audit })
    stops.push(['the API keys', access.close])
    const system = await composeSystem(
      systemOptions({ config, plan, certificate, store, metrics, access, log }),
    )
    stops.push(['the server', system.close])
    await log.attach(system)

    const url = await listen(system.app, config)
    const note = await leaveLocalAddress(config.dataDir, { url, fingerprint: certificate?.fingerprint })
    stops.push(['the note of the address', note.remove])
    if (certificate) {
      stops.push(['the certificate', () => certificate.close()])
      certificate.serve(system.app.server as unknown as SecureServer)
      news.on('certificate', () => void note.write({ url, fingerprint: certificate.fingerprint }))
    }
    const listeners = await openPorts(portsOf(config, system), system, log, stops)
    const postgres = store.postgres.description
    log.started({ url, postgres, start_ms: Math.round(performance.now() - began) })
    sayReady({ url, config, database: postgres, access, startMs: performance.now() - began })
    if (!existsSync(join(PAGE, 'index.html'))) console.error(`${NO_PAGE}\n`)
    for (const [name, { addresses }] of listeners) {
      if (addresses.length > 0) console.log(`${name} listens on ${addresses.join(', ')}.`)
    }

    const reason = await stopped
    log.stopping(reason)
    if (reason.error !== undefined) process.exitCode = 1
  } finally {
    await stopAll(stops.reverse())
  }
}

const openCertificate = (tls: TlsConfig, news: EventEmitter<{ certificate: [CertificateNews] }>) =>
  LiveCertificate.open(
    { ...tls, names: { port: 'HTTPS', certificate: 'TLS_CERT', key: 'TLS_KEY' } },
    { onNews: (one) => void news.emit('certificate', one) },
  )

/** Holds the times of statements until somebody follows them. */
class StatementTimings {
  readonly #early: StatementTiming[] = []
  #onTiming = (timing: StatementTiming): void => void this.#early.push(timing)

  readonly tell = (timing: StatementTiming): void => this.#onTiming(timing)

  follow(onTiming: (timing: StatementTiming) => void): void {
    this.#onTiming = onTiming
    this.#early.splice(0).forEach(onTiming)
  }
}

type Store = Awaited<ReturnType<typeof openStore>>

/** The database, with the tables of this version, and its read replica. */
async function openStore(config: Config, stops: Stop[]) {
  const postgres = await openPostgres(config)
  stops.push(['the built-in PostgreSQL', postgres.stop])
  const statements = new StatementTimings()
  const onStatement = statements.tell
  const { connection, direct } = postgres
  const database = await openDatabase({ connection, direct, onStatement })
  stops.push(['the connections to the database', database.close])
  await migrate(database)
  const { databaseReadUrl } = config
  const replica =
    databaseReadUrl === undefined
      ? undefined
      : await openReplica({
          connection: { connectionString: databaseReadUrl },
          primary: database.pool,
          onStatement,
        })
  if (replica) stops.push(['the connections to the read replica', replica.close])
  return { postgres, database, replica, statements }
}

type Opened = {
  config: Config
  plan: ReturnType<typeof backupPlanOf>
  certificate: LiveCertificate | undefined
  store: Store
  metrics: Metrics
  access: Access
  log: SystemLog
}

function systemOptions({ config, plan, certificate, store, metrics, access, log }: Opened): SystemOptions {
  const { postgres, database, replica } = store
  return {
    pool: database.pool,
    replica: replica?.replica,
    jobPool: database.libraryPool,
    connect: database.connect,
    markSilent: database.markSilent,
    access: access.plugin,
    auditTrail: access.auditTrail,
    pageDirectory: PAGE,
    trustProxy: config.trustProxy,
    certificate,
    publicUrl: config.publicUrl,
    rateLimits: config.rateLimits,
    dataDirectory: postgres.directory,
    alerts: {
      // Servers that share a database have to share the key as well, which no file of one machine can be.
      key:
        config.alertsKey ?? (postgres.directory === undefined ? undefined : ensureAlertsKey(config.dataDir)),
      allowLocal: config.alertsAllowLocal,
      heartbeatUrl: config.alertsHeartbeatUrl,
      pageUrl: config.publicUrl ?? `${config.tls ? 'https' : 'http'}://localhost:${config.port}`,
    },
    roles: config.roles,
    embedOrigins: config.embed?.origins,
    cameraNamesUrl: config.cameraNamesUrl,
    backups: plan && {
      ...plan,
      open: () => openDatabase({ ...BACKUP_SESSIONS, connection: postgres.direct ?? postgres.connection }),
    },
    metrics,
    ownLog: log.stats,
    reports: log.reports,
    beforeStoreCloses: log.close,
  }
}

/** Opens the ports of the ways in that have some, and adds their figures to those of the system. */
async function openPorts(
  ports: readonly Port[],
  { ingestService, budgets, connections }: System,
  log: SystemLog,
  stops: Stop[],
): Promise<[name: string, listener: Listener][]> {
  const listeners: [name: string, listener: Listener][] = []
  for (const [name, job, open] of ports) {
    const listener = await open({
      ingest: ingestService,
      onTrouble: (error) => log.reports.onJobFailed(job, error),
      onCertificate: log.certificate,
    })
    stops.push([`the ports of ${name}`, listener.close])
    budgets.push(...listener.budgets)
    if (listener.connections) connections.push(listener.connections)
    listeners.push([name, listener])
  }
  return listeners
}

/** Thousands of modules, which a refusal to start does not need. */
const loadParts = () => import('./parts.ts')

async function openPostgres(config: Config) {
  if (config.databaseUrl !== undefined) {
    const urls = databaseUrls(config.databaseUrl).map((url) => new URL(url))
    return {
      connection: { connectionString: config.databaseUrl },
      direct:
        config.databaseDirectUrl === undefined ? undefined : { connectionString: config.databaseDirectUrl },
      description: `PostgreSQL at ${urls.map(({ hostname }) => hostname || 'the local socket').join(', ')}${urls[0]?.pathname}`,
      directory: undefined,
      stop: async () => {},
    }
  }
  // It takes as long to start as they take to load.
  loadParts().catch(() => undefined)
  const postgres = await startEmbeddedPostgres({ dataDir: config.dataDir, log: (line) => console.log(line) })
  return {
    connection: postgres.connection,
    direct: undefined,
    description: `PostgreSQL ${postgres.version}, in ${postgres.directory}`,
    directory: postgres.directory,
    stop: postgres.stop,
  }
}

async function stopAll(stops: Stop[]): Promise<void> {
  for (const [what, stop] of stops) {
    const patience = AbortSignal.timeout(STOP_PATIENCE_MS)
    const tooLong = once(patience, 'abort').then(() => Promise.reject(new Error('it takes too long')))
    await Promise.race([stop(), tooLong]).catch((error: unknown) => {
      process.exitCode = 1
      console.error(`Stopping ${what} failed: ${error instanceof Error ? error.message : error}.`)
    })
  }
}

/** The key that encrypts alert channels, kept beside the built-in database and not in it; made when there is none. */
function ensureAlertsKey(dataDir: string): string {
  const file = join(dataDir, 'alerts-key')
  try {
    writeFileSync(file, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
  }
  return readFileSync(file, 'utf8').trim()
}
