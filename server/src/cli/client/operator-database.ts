import { type Config, misspelt, readConfig } from '../../config.ts'
import { StartupError } from '../../startup-error.ts'
import { prepareDataDirectory } from '../../store/cluster/data-directory.ts'
import {
  findRunningPostgres,
  hasCluster,
  startEmbeddedPostgres,
} from '../../store/cluster/embedded-postgres.ts'
import { type Database, openDatabase } from '../../store/database/open.ts'

/** Whole tables are read and written; a statement takes as long as it takes. */
const NO_LIMIT = 0

/** `read` takes the database that is there, running or not. `fill` makes one where there is none, and wants no server on it. */
export type DatabaseUse = 'read' | 'fill'

/**
 * Opens the database that a server with the same environment would use, for the time the work takes: the one in
 * DATABASE_DIRECT_URL or DATABASE_URL; or the built-in one, which runs when its server does and is started otherwise.
 *
 * @throws {StartupError} when there is no database to read, or a server on the one to fill
 */
export async function withDatabase(
  use: DatabaseUse,
  work: (database: Database) => Promise<number>,
): Promise<void> {
  for (const sentence of misspelt()) console.error(sentence)
  const { connection, stop } = await connectionOf(readConfig(), use)
  try {
    const database = await openDatabase({
      connection,
      applicationName: 'timelapser-logs backup',
      statementTimeoutMs: NO_LIMIT,
    })
    process.exitCode = await work(database).finally(() => database.close())
  } finally {
    await stop()
  }
}

async function connectionOf({ databaseUrl, databaseDirectUrl, dataDir }: Config, use: DatabaseUse) {
  if (databaseUrl !== undefined) {
    // Work of minutes in one session is not for a pooler.
    return { connection: { connectionString: databaseDirectUrl ?? databaseUrl }, stop: async () => undefined }
  }
  if (use === 'read' && !hasCluster(dataDir)) {
    throw new StartupError(
      `There is no database in ${dataDir}. Set DATA_DIR to the server's data folder, or DATABASE_URL to its database.`,
    )
  }
  prepareDataDirectory(dataDir)
  const running = findRunningPostgres(dataDir)
  if (running && use === 'read') return { connection: running, stop: async () => undefined }
  if (running) {
    throw new StartupError(
      `The server of ${dataDir} is running. Stop it first, or set DATA_DIR to an empty folder.`,
    )
  }
  const postgres = await startEmbeddedPostgres({ dataDir, log: (line) => console.error(line) })
  return { connection: postgres.connection, stop: postgres.stop }
}
