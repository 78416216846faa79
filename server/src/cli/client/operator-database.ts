import { type Config, readConfig } from '../../config.ts'
import { StartupError } from '../../startup-error.ts'
import { prepareDataDirectory } from '../../store/cluster/data-directory.ts'
import { findRunningPostgres, startEmbeddedPostgres } from '../../store/cluster/embedded-postgres.ts'
import { type Database, openDatabase } from '../../store/database/open.ts'

/** Whole tables are read and written; a statement takes as long as it takes. */
const NO_LIMIT = 0

/**
 * Opens the database that a server with the same environment would use, for the time the work takes: the one in
 * DATABASE_URL; or the built-in one, which runs when its server does and is started otherwise.
 */
export async function withDatabase(
  mayBeRunning: boolean,
  work: (database: Database) => Promise<number>,
): Promise<void> {
  const { connection, stop } = await connectionOf(readConfig(), mayBeRunning)
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

async function connectionOf({ databaseUrl, dataDir }: Config, mayBeRunning: boolean) {
  if (databaseUrl !== undefined) {
    return { connection: { connectionString: databaseUrl }, stop: async () => undefined }
  }
  prepareDataDirectory(dataDir)
  const running = findRunningPostgres(dataDir)
  if (running && mayBeRunning) return { connection: running, stop: async () => undefined }
  if (running) {
    throw new StartupError(
      `The server of ${dataDir} is running. Stop it first, or set DATA_DIR to an empty folder.`,
    )
  }
  const postgres = await startEmbeddedPostgres({ dataDir, log: (line) => console.error(line) })
  return { connection: postgres.connection, stop: postgres.stop }
}
