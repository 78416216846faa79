import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Command } from 'commander'
import type { FastifyInstance } from 'fastify'
import { type Config, readConfig } from '../config.ts'
import { errorCode, StartupError } from '../startup-error.ts'
import { prepareDataDirectory } from '../store/data-directory.ts'
import { startEmbeddedPostgres } from '../store/embedded-postgres.ts'
import { migrate } from '../store/migrate.ts'
import { openDatabase } from '../store/open.ts'
import { openAccess } from './access.ts'
import { composeSystem } from './compose.ts'
import { untilStopped } from './stop-signals.ts'
import { openSystemLog } from './system-log.ts'
import { sayReady, urlOf } from './welcome.ts'

const PAGE = join(import.meta.dirname, '../../../web/dist')

/** `timelapser-logs serve`: the server, until it is told to stop. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('start the server; configured by the environment, see docs/configuration.md')
    .action(serve)
}

async function serve(): Promise<void> {
  const began = performance.now()
  const config = readConfig()
  const stops: (() => Promise<void>)[] = []
  const stopped = untilStopped()
  try {
    prepareDataDirectory(config.dataDir)
    const postgres = await openPostgres(config)
    stops.push(postgres.stop)
    const database = await openDatabase({ connection: postgres.connection })
    stops.push(database.close)
    await migrate(database)

    const log = openSystemLog()
    const access = await openAccess(config)
    const system = await composeSystem({
      pool: database.pool,
      jobPool: database.libraryPool,
      connect: database.connect,
      access: access.plugin,
      pageDirectory: PAGE,
      trustProxy: config.trustProxy,
      reports: log.reports,
      beforeStoreCloses: log.close,
    })
    stops.push(system.close)
    await log.attach(system)

    const url = await listen(system.app, config)
    log.started({ url, postgres: postgres.description, start_ms: Math.round(performance.now() - began) })
    sayReady({ url, config, database: postgres.description, access, startMs: performance.now() - began })

    const reason = await stopped
    log.stopping(reason)
    if (reason.error !== undefined) process.exitCode = 1
  } finally {
    for (const stop of stops.reverse()) await stop()
  }
  // A library's forgotten timer is no reason to stay.
  process.exit()
}

async function openPostgres(config: Config) {
  if (config.databaseUrl !== undefined) {
    const { hostname, pathname } = new URL(config.databaseUrl)
    return {
      connection: { connectionString: config.databaseUrl },
      description: `PostgreSQL at ${hostname || 'the local socket'}${pathname}`,
      stop: async () => {},
    }
  }
  const postgres = await startEmbeddedPostgres({ dataDir: config.dataDir, log: (line) => console.log(line) })
  return {
    connection: postgres.connection,
    description: `PostgreSQL ${postgres.version}, in ${postgres.directory}`,
    stop: postgres.stop,
  }
}

async function listen(app: FastifyInstance, { host, port }: Config): Promise<string> {
  try {
    await app.listen({ host, port })
  } catch (cause) {
    throw new StartupError(LISTEN_FAILURES[errorCode(cause)]?.(host, port) ?? unexpected(host, port, cause), {
      cause,
    })
  }
  return urlOf(app.server.address() as AddressInfo)
}

const LISTEN_FAILURES: Readonly<Record<string, (host: string, port: number) => string>> = {
  EADDRINUSE: (host, port) =>
    `Port ${port} on ${host} is taken by another program. Stop it, or start with another one: PORT=${port + 1}.`,
  EACCES: (_host, port) => `Port ${port} needs more rights than this user has. Set PORT to one above 1023.`,
  EADDRNOTAVAIL: (host) => `${host} is no address of this machine. Set HOST to one, or to 0.0.0.0 for all.`,
  ENOTFOUND: (host) => `The name ${host} has no address. Set HOST to an address of this machine.`,
}

function unexpected(host: string, port: number, cause: unknown): string {
  return `Listening on ${host}:${port} failed (${cause instanceof Error ? cause.message : cause}). Set HOST and PORT to something that can be listened on.`
}
