import { consoleHandler, createLogger, type Logger } from '@timelapser/logger'
import { setupDatabaseLogging } from '../store/setup-database-logging.ts'
import type { System, SystemReports } from './compose.ts'
import type { StopReason } from './stop-signals.ts'

/** What the server says of itself: warnings on the console, everything where all logs are. */
export type SystemLog = {
  reports: SystemReports
  /** From here on lines go to the database too. */
  attach: (system: Pick<System, 'logOperations' | 'settings'>) => Promise<void>
  started: (facts: { url: string; postgres: string; start_ms: number }) => void
  stopping: (reason: StopReason) => void
  /** Sign-in or keys had trouble that no reply tells of. */
  accessTrouble: (message: string) => void
  /** Delivers what was logged. */
  close: () => Promise<void>
}

/** Opens the log of the server itself; sources `system`, `api` and `worker`. */
export function openSystemLog(): SystemLog {
  const handlers = [consoleHandler({ format: 'pretty', level: 'WARNING' })]
  let logger: Logger = createLogger({ handlers })
  const from = (source: 'system' | 'api' | 'worker', logger_name: string) =>
    logger.bind({ source, logger_name })

  return {
    reports: {
      onCameraRegistered: ({ id, name }) =>
        from('system', 'cameras').bind({ camera_id: id }).info(`Camera registered: ${name}`),
      onRequestLine: ({ level, message, extra_data }) => from('api', 'requests')[level](message, extra_data),
      onUnexpected: ({ error, ...request }) =>
        from('api', 'requests').error({ err: error, ...request }, 'A request failed unexpectedly'),
      onJobFailed: (job, error) => from('worker', 'jobs').error({ err: error, job }, `The job ${job} failed`),
      onRetention: (result) =>
        from('worker', 'retention').info(`Removed ${result.deleted_count} logs past retention`, result),
      onDatabaseConnection: (state) =>
        state === 'lost'
          ? from('system', 'database').warning('The connection to the database is lost; trying again')
          : from('system', 'database').info('The connection to the database is back'),
    },
    async attach({ logOperations, settings }) {
      const attached = await setupDatabaseLogging({
        logOperations,
        readLogLevel: async () => (await settings.get()).log_level,
        handlers,
      })
      logger = attached.logger
    },
    started: (facts) => from('system', 'server').info(`Started on ${facts.url}`, facts),
    stopping: ({ cause, error }) =>
      error === undefined
        ? from('system', 'server').info(`Stopping: ${cause}`)
        : from('system', 'server').critical({ err: error }, `Stopping: ${cause}`),
    accessTrouble: (message) => from('system', 'access').error(message),
    close: () => logger.close(),
  }
}
