import type { Logger } from '@timelapser/logger'
import type pg from 'pg'
import { errorCode, StartupError } from '../startup-error.ts'
import { missingMigrations } from './database/migrate.ts'
import { Notices } from './database/notices.ts'
import { openDatabase } from './database/open.ts'
import { type PackedState, watchPackedState } from './database/packed-state.ts'
import { LogOperations } from './log-operations.ts'
import { LevelOverrides } from './settings/level-overrides.ts'
import { SettingsStore } from './settings/settings.ts'
import { type DatabaseLoggingOptions, setupDatabaseLogging } from './setup-database-logging.ts'

export type OpenLogsOptions = {
  /** Where the database is, as for `pg`. */
  connection: pg.PoolConfig
  /** The way past a pooler that `connection` leads through. */
  direct?: pg.PoolConfig
  /** Connections for statements, beside a connection that listens for changes. Default 3. */
  maxConnections?: number
  /** How its sessions are called in `pg_stat_activity`. Default `timelapser-logs-worker`. */
  applicationName?: string
}

/** The tools of a process on the database itself: the rows, and loggers that obey the configured levels. */
export type OpenLogs = {
  operations: LogOperations
  /** A logger that writes to the database; closed with the rest, at the latest. */
  createLogger(
    options?: Omit<DatabaseLoggingOptions, 'logOperations' | 'readLogLevel' | 'onLevelChange'>,
  ): Promise<Logger>
  /** Stores what waits, then disconnects. */
  close(): Promise<void>
}

const MAX_CONNECTIONS = 3

/**
 * Opens the log table for a process beside the server (spec: "Worker Process Integration"): no HTTP between, the same
 * statements, and a change of level heard at once.
 *
 * @throws {StartupError} when the database cannot be reached, or has not the schema of this version
 */
export async function openLogs(options: OpenLogsOptions): Promise<OpenLogs> {
  const database = await openDatabase({
    connection: options.connection,
    direct: options.direct,
    maxConnections: options.maxConnections ?? MAX_CONNECTIONS,
    applicationName: options.applicationName ?? 'timelapser-logs-worker',
  })
  const { pool, connect } = database
  const notices = new Notices({ connect, markSilent: database.markSilent })
  const loggers: Logger[] = []
  let packedState: PackedState | undefined
  try {
    await checkSchema(pool)
    packedState = await watchPackedState(pool)
    const { look, stop } = packedState
    const settings = new SettingsStore(pool)
    const levels = new LevelOverrides(pool, settings)
    const operations = new LogOperations({ pool, settings })
    levels.follow(notices)
    notices.on('log_partitions', () => operations.partitions.reload())
    notices.on('log_packing', () => void look())
    notices.on('cameras', () => operations.reloadCameras())
    await notices.open()
    return {
      operations,
      async createLogger(logging = {}) {
        const { logger } = await setupDatabaseLogging({
          ...logging,
          logOperations: operations,
          readLogLevel: () => levels.get(),
          onLevelChange: (listener) => levels.onChange(listener),
        })
        loggers.push(logger)
        return logger
      },
      async close() {
        await Promise.all(loggers.map((logger) => logger.close()))
        await operations.close()
        stop()
        await notices.close()
        await database.close()
      },
    }
  } catch (error) {
    packedState?.stop()
    await notices.close()
    await database.close()
    throw error
  }
}

async function checkSchema(pool: pg.Pool): Promise<void> {
  const missing = await missingMigrations(pool).catch((error: unknown) => {
    if (errorCode(error) === '42P01') return ['all']
    throw error
  })
  if (missing.length === 0) return
  throw new StartupError(
    'The database does not have the schema of this version of Timelapser Logs. Start the server of this version once to migrate it.',
  )
}
