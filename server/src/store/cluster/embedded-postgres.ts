import { existsSync, lstatSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { StartupError } from '../../startup-error.ts'
import { writeAccess } from './postgres-access.ts'
import { findPostgresBinaries, type PostgresBinaries } from './postgres-binaries.ts'
import { CLUSTER_OWNER, checkCluster, createCluster, locateCluster } from './postgres-cluster.ts'
import { PostgresProcess } from './postgres-process.ts'
import { type PostgresSettings, writeSettings } from './postgres-settings.ts'
import { choosePostgresUser, makeOwnUser, OWN_USER, SHARED_USER } from './postgres-user.ts'
import { findPostmaster, isServedElsewhere, type Postmaster, stopPostmaster } from './postmaster.ts'

export type EmbeddedPostgresOptions = {
  /** There already; see `prepareDataDirectory`. */
  dataDir: string
  log: (line: string) => void
  /** A PostgreSQL that replaces the one from the packages. */
  binaries?: PostgresBinaries
  settings?: PostgresSettings
  /** For throw-away data: nothing is forced to disk. */
  unsafe?: boolean
}

export type EmbeddedPostgres = {
  /** For the database of the logs; over a socket only this user and root can reach. */
  connection: { host: string; port: number; user: string; database: string }
  port: number
  /** For example 18. */
  version: number
  /** Where the database's files are. */
  directory: string
  stop(): Promise<void>
}

const DATABASE = 'timelapser_logs'
const PORT = 5432
/** Held by the server a cluster belongs to, for as long as it lives. */
const OWNER_LOCK = 7_469_100
/** How long a second server that started in the same moment may take to show itself. */
const YOUNG_MS = 10_000
const OWNER_PATIENCE_MS = 2000

/**
 * Starts the PostgreSQL that came with the packages on the data folder: made at the first start, recovered after a
 * crash, out of reach of Ctrl-C, without TCP, started again when it dies.
 *
 * @throws {StartupError} when the folder cannot be used: in use, or of another major version
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, log, unsafe = false } = options
  if (!hasCluster(dataDir)) makeOwnUser()
  const user = choosePostgresUser(`${dataDir}/postgres`)
  const binaries = options.binaries ?? findPostgresBinaries(user)
  const cluster = locateCluster(dataDir, user)
  checkCluster(cluster, binaries)
  if (await isServedElsewhere(cluster)) throw inUse(dataDir)
  await stopOrphan(cluster, dataDir, log)
  if (isElsewhere(cluster, dataDir) && !existsSync(cluster)) {
    log(
      `The user ${user?.name}, as which PostgreSQL runs when started by root, cannot enter ${dataDir}: the database is created in ${cluster}, and ${dataDir}/postgres is a link to it. If you copy or delete the data folder, include that folder.`,
    )
  }
  await createCluster(cluster, { binaries, user, fast: unsafe })
  writeSettings(cluster, {
    ...writeAccess(cluster, binaries.major),
    ...(unsafe && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
    ...options.settings,
  })

  if (user?.name === SHARED_USER) {
    log(
      `PostgreSQL runs as the user ${SHARED_USER}, because root may not run it: other programs of that user can read the files of the database. To prevent this, stop the server, run: useradd --system ${OWN_USER}; chown -R ${OWN_USER}: ${cluster}, and start again.`,
    )
  }
  const postgres = new PostgresProcess({ binaries, cluster, user, port: PORT, log })
  const host = await postgres.start().catch(async (error: unknown) => {
    await postgres.stop()
    // Another server may have started its own in the same moment.
    await stopOrphan(cluster, dataDir, log)
    throw error
  })
  const admin = { host, port: PORT, user: CLUSTER_OWNER, database: 'postgres' }
  const ownership = new Ownership(admin)
  try {
    if (!(await ownership.claim())) throw inUse(dataDir)
    await createDatabase(admin)
  } catch (error) {
    await ownership.release()
    await postgres.stop()
    throw error
  }
  return {
    connection: { ...admin, database: DATABASE },
    port: PORT,
    version: binaries.major,
    directory: cluster,
    async stop() {
      await ownership.release()
      await postgres.stop()
    },
  }
}

function isElsewhere(cluster: string, dataDir: string): boolean {
  return dirname(cluster) !== realpathSync(dataDir)
}

/** Whether a server has made its database in the data folder. */
export function hasCluster(dataDir: string): boolean {
  // Another user's folder cannot be looked into; it says so when it is opened.
  return lstatSync(`${dataDir}/postgres`, { throwIfNoEntry: false }) !== undefined
}

/** The connection to the PostgreSQL of the data folder when it is running, its server or another program's. */
export function findRunningPostgres(dataDir: string): EmbeddedPostgres['connection'] | undefined {
  if (!existsSync(`${dataDir}/postgres`)) return undefined
  const postmaster = findPostmaster(locateCluster(dataDir, choosePostgresUser(`${dataDir}/postgres`)))
  if (!postmaster) return undefined
  return { host: postmaster.socketDirectory, port: postmaster.port, user: CLUSTER_OWNER, database: DATABASE }
}

/**
 * A PostgreSQL that is still running on the cluster has outlived its server, or has a server. The lock shows which: its
 * holder is a session, so it is free as soon as the server is gone, however that ended.
 */
async function stopOrphan(cluster: string, dataDir: string, log: (line: string) => void): Promise<void> {
  for (;;) {
    const postmaster = findPostmaster(cluster)
    if (!postmaster) return
    if (await hasOwner(postmaster)) throw inUse(dataDir)
    // It may have ended by itself meanwhile, or be another one.
    if (findPostmaster(cluster)?.pid !== postmaster.pid) continue
    log('Stopping the PostgreSQL left running by an earlier server.')
    await stopPostmaster(postmaster.pid)
  }
}

async function hasOwner({ port, socketDirectory, startedAt }: Postmaster): Promise<boolean> {
  const admin = { host: socketDirectory, port, user: CLUSTER_OWNER, database: 'postgres' }
  const ownership = new Ownership(admin)
  const deadline = Date.now() + OWNER_PATIENCE_MS
  try {
    while (Date.now() < deadline) {
      const isYoung = Date.now() - startedAt.getTime() < YOUNG_MS
      const isFree = await ownership.claim().catch(() => undefined)
      if (isFree && !isYoung) return false
      // A server that has just started its PostgreSQL takes the lock next; let it.
      if (isFree) await ownership.release()
      await delay(isFree ? 500 : 50)
      if (isFree) return !(await ownership.claim().catch(() => true))
    }
    return (await ownership.claim().catch(() => undefined)) === false
  } finally {
    await ownership.release()
  }
}

/** The session that holds the lock; taken again when it is lost with a crash of PostgreSQL. */
class Ownership {
  readonly #connection: pg.ClientConfig
  #client: pg.Client | undefined

  constructor(connection: pg.ClientConfig) {
    this.#connection = connection
  }

  /** Takes the lock; false when another server has it. */
  async claim(): Promise<boolean> {
    const client = new pg.Client({ ...this.#connection, application_name: 'timelapser-logs owner' })
    client.on('error', () => this.#reclaim(client))
    client.on('end', () => this.#reclaim(client))
    await client.connect()
    const { rows } = await client.query<{ free: boolean }>('select pg_try_advisory_lock($1) as free', [
      OWNER_LOCK,
    ])
    if (!rows[0]?.free) {
      await client.end()
      return false
    }
    this.#client = client
    return true
  }

  async release(): Promise<void> {
    const client = this.#client
    this.#client = undefined
    await client?.end().catch(() => undefined)
  }

  async #reclaim(lost: pg.Client): Promise<void> {
    if (this.#client !== lost) return
    while (this.#client === lost) {
      if (await this.claim().catch(() => false)) return
      await delay(500, undefined, { ref: false })
    }
  }
}

async function createDatabase(admin: pg.ClientConfig): Promise<void> {
  const client = new pg.Client(admin)
  await client.connect()
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE])
    if (rowCount === 0) await client.query(`create database ${DATABASE}`)
  } finally {
    await client.end()
  }
}

function inUse(dataDir: string): StartupError {
  return new StartupError(
    `The data folder ${dataDir} is in use by another Timelapser Logs. Stop that one first, or set DATA_DIR and PORT for this one.`,
  )
}
