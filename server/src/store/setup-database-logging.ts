import {
  consoleHandler,
  createLogger,
  type Logger,
  type LoggerOptions,
  type LogHandler,
} from '@timelapser/logger'
import { DatabaseLogHandler, type DatabaseLogHandlerOptions } from './database-log-handler.ts'

export type DatabaseLoggingOptions = DatabaseLogHandlerOptions &
  Pick<LoggerOptions, 'flightRecorder' | 'uncaught'> & {
    /** Default `system`. */
    source?: string
    logger_name?: string
    /** Handlers beside the database. Default one `consoleHandler()`; the level people set does not bind them. */
    handlers?: readonly LogHandler[]
  }

/** A logger that writes to the database, and its handler. */
export type DatabaseLogging = { logger: Logger; handler: DatabaseLogHandler }

/**
 * A logger that writes to the database by the configured level, and to the console regardless of it (spec, "Loguru
 * Integration Architecture"). Waits for the first reading of the level, so that no line is judged by a guess. Closing
 * the logger closes the handler.
 */
export async function setupDatabaseLogging(options: DatabaseLoggingOptions): Promise<DatabaseLogging> {
  const { source, logger_name, handlers = [consoleHandler()], flightRecorder, uncaught, ...rest } = options
  const handler = new DatabaseLogHandler(rest)
  await handler.refreshLogLevel()
  const logger = createLogger({
    ...(source === undefined ? {} : { source }),
    ...(logger_name === undefined ? {} : { logger_name }),
    handlers: [...handlers, handler],
    level: 'DEBUG',
    ...(flightRecorder === undefined ? {} : { flightRecorder }),
    ...(uncaught === undefined ? {} : { uncaught }),
  })
  return { logger, handler }
}
