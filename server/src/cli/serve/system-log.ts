import {
  collapseRepeats,
  consoleHandler,
  createLogger,
  type ExtraData,
  eventTime,
  type Logger,
  type LogRecord,
} from '@timelapser/logger'
import type { Removal } from '../../service/administration/retention-service.ts'
import type { AuditRow } from '../../store/accounts/audit.ts'
import type { StatementTiming } from '../../store/database/statement-watch.ts'
import type { DatabaseLogHandler } from '../../store/database-log-handler.ts'
import { setupDatabaseLogging } from '../../store/setup-database-logging.ts'
import type { CertificateNews } from './certificate.ts'
import type { System } from './compose.ts'
import type { StopReason } from './stop-signals.ts'
import type { SystemReports } from './system-options.ts'

/** The server's own log: warnings on the console, everything among the stored logs. */
export type SystemLog = {
  reports: SystemReports
  /** From here on lines go to the database too. */
  attach: (system: Pick<System, 'logOperations' | 'levels'>) => Promise<void>
  started: (facts: { url: string; postgres: string; start_ms: number }) => void
  stopping: (reason: StopReason) => void
  /** A failure of sign-in or keys that no reply reports. */
  accessTrouble: (message: string) => void
  /** A certificate was read anew, or could not be. */
  certificate: (news: CertificateNews) => void
  /** A statement took long. */
  slowStatement: (timing: StatementTiming) => void
  /** Somebody did something. */
  audit: (entry: AuditRow) => void
  /** Lines that wait to be stored, and lines lost since the start. */
  stats: () => { queuedRows: number; spooledRows: number; dropped: number }
  /** Delivers what was logged. */
  close: () => Promise<void>
}

/** The logger of a part of the server. */
type From = (source: 'system' | 'api' | 'worker', name: string) => ReturnType<Logger['bind']>

/** Takes failures, of which those alike become one line. */
type Failures = ReturnType<typeof collapseRepeats>

const REMOVALS: Record<Removal['action'], (removal: Omit<Removal, 'action'>) => string> = {
  retention: ({ deleted_count, by }) => `Retention removed ${deleted_count} logs, started by ${by}`,
  cleanup: ({ deleted_count, days_kept, by }) =>
    `${by} cleaned up ${deleted_count} logs older than ${days_kept} days`,
  clear: ({ deleted_count, by }) => `${by} cleared all ${deleted_count} logs`,
  undo: ({ deleted_count, by }) => `${by} restored ${deleted_count} cleared logs`,
  delete: ({ deleted_count, by }) => `${by} deleted ${deleted_count} logs by filter`,
}

/** Beyond this number of cameras that a batch created, one line tells of all. */
const MOST_CAMERAS_NAMED = 10

/** The first part of the logger names of the server's own lines: users' sources have these names, too. */
const OWN_LOGGERS = 'timelapser_logs'

/** Room for the server's own lines while its database is away: a few lines a minute, for weeks. */
const SPOOL_BYTES = 16 * 1024 * 1024

/**
 * Opens the log of the server itself; sources `system`, `api` and `worker`. Lines that cannot be stored wait in a
 * folder, and the next start stores it.
 */
export function openSystemLog(spoolDirectory: string): SystemLog {
  const handlers = [consoleHandler({ format: 'pretty', level: 'WARNING' })]
  let handler: DatabaseLogHandler | undefined
  let logger: Logger = createLogger({ handlers })
  const from: From = (source, name) => logger.bind({ source, logger_name: `${OWN_LOGGERS}.${name}` })
  const failures = collapseRepeats({
    handle: ({ level, source, logger_name, message, extra_data }) =>
      logger
        .bind({ source, logger_name })
        [level === 'ERROR' ? 'error' : 'warning'](message, extra_data ?? {}),
    flush: async () => {},
    close: async () => {},
  })

  return {
    reports: {
      ...recordReports(from),
      ...failureReports(from, failures),
      ...removalReports(from),
      ...alertReports(from),
      ...databaseReports(from),
    },
    async attach({ logOperations, levels }) {
      const attached = await setupDatabaseLogging({
        logOperations,
        readLogLevel: () => levels.get(),
        onLevelChange: (listener) => levels.onChange(listener),
        handlers,
        spool: { directory: spoolDirectory, maxBytes: SPOOL_BYTES },
      })
      ;({ logger, handler } = attached)
    },
    ...ownLines(from, failures),
    stats: () => handler?.stats() ?? { queuedRows: 0, spooledRows: 0, dropped: 0 },
    async close() {
      await failures.close()
      await logger.close()
    },
  }
}

/** About the records that come in. */
function recordReports(from: From) {
  return {
    onCamerasRegistered: (cameras) => {
      // Lines of the server: as a line of the camera it would be taken for a sign of life.
      const log = from('system', 'cameras')
      const [first, last] = [cameras[0], cameras.at(-1)]
      if (first && last && cameras.length > MOST_CAMERAS_NAMED) {
        log.info(`${cameras.length} cameras registered: ${first.name} to ${last.name}`, {
          count: cameras.length,
        })
      } else {
        for (const { id, name } of cameras) log.info(`Camera registered: ${name}`, { registered: id })
      }
    },
    onNamesFull: ({ kind, limit, caller }) =>
      from('system', 'names').warning(
        `No more ${kind}s are accepted${caller === null ? '' : ` from ${caller}`}: the limit is ${limit}, half of it for a single key. Lines with further ${kind}s are stored under "other"`,
        { kind, limit, caller },
      ),
  } satisfies Partial<SystemReports>
}

/** About requests, and work that failed. */
function failureReports(from: From, failures: Failures) {
  return {
    onRequestLine({ level, message, extra_data }) {
      if (level === 'info' || extra_data.status < 400) from('api', 'requests')[level](message, extra_data)
      else
        failures.handle({
          ...failure('api', 'requests', message, extra_data),
          level: level === 'error' ? 'ERROR' : 'WARNING',
        })
    },
    onUnexpected: ({ error, ...request }) =>
      failures.handle(
        failure('api', 'requests', `A request failed unexpectedly: ${messageOf(error)}`, {
          err: error,
          ...request,
        }),
      ),
    onStreamBroken: ({ error, isForeseen, route, request_id }) =>
      failures.handle({
        ...failure('api', 'streams', `A reply to ${route} was interrupted: ${messageOf(error)}`, {
          err: error,
          route,
          request_id,
        }),
        level: isForeseen ? 'WARNING' : 'ERROR',
      }),
    onJobFailed: (job, error) =>
      failures.handle(failure('worker', 'jobs', `The job ${job} failed`, { err: error, job })),
  } satisfies Partial<SystemReports>
}

/** About lines that were removed, masked or saved, and the room for them. */
function removalReports(from: From) {
  return {
    onRetention: ({ action, ...removal }) =>
      from('worker', 'retention').info(REMOVALS[action](removal), { action, ...removal }),
    onScrub: ({ started_by, outcome, scanned_rows, matched_rows }) =>
      from('worker', 'redaction').info(
        `${outcome === 'done' ? 'Masked' : 'Stopped after masking'} ${matched_rows} of ${scanned_rows} stored logs, started by ${started_by}`,
        { action: 'scrub', outcome, scanned_rows, matched_rows, by: started_by },
      ),
    onBackup: ({ file, rows, bytes, removed }) =>
      from('worker', 'backup').info(
        `Backed up ${rows.logs ?? 0} logs into ${file} and verified them, ${(bytes / 1e6).toFixed(1)} MB`,
        { action: 'backup', file, rows, bytes, removed },
      ),
    onBackupUploaded: ({ name, url, bytes, removed }) =>
      from('worker', 'backup').info(`Uploaded the backup to ${url}, ${(bytes / 1e6).toFixed(1)} MB`, {
        ...{ action: 'backup upload', name, url, bytes, removed },
      }),
    onStorage: (state, free_bytes) =>
      state === 'full'
        ? from('worker', 'storage').critical('Free disk space is below the reserve: nothing is stored', {
            free_bytes,
          })
        : from('worker', 'storage').info('Free disk space is above the reserve again: storing resumes', {
            free_bytes,
          }),
  } satisfies Partial<SystemReports>
}

/** About alert rules and their notices. */
function alertReports(from: From) {
  return {
    onNoticeDead: ({ channel, error }) =>
      from('worker', 'alerts').error(`A notice to the channel ${channel} was given up`, { channel, error }),
    onTrouble: ({ name, isOver, count, message }) => {
      const log = from('worker', name)
      if (isOver) log.info(`Resolved: ${name}`, { count })
      else if (name === 'audit') log.critical(message, { count })
      else log.warning(message, { count })
    },
    onAlertGap: (gap) =>
      from('worker', 'alerts').error(
        gap.cause === 'trimmed'
          ? `The alert rules skipped ${gap.to - gap.from} batches, which left the feed before they were evaluated`
          : 'The alert rules resume at the newest batch: the database is older than what they had evaluated',
        { ...gap },
      ),
    onAlertsLate: ({ isLate, lag_seconds }) =>
      isLate
        ? from('worker', 'alerts').error(`The alert rules are evaluated ${lag_seconds} seconds late`, {
            lag_seconds,
          })
        : from('worker', 'alerts').info('The alert rules are evaluated in time again'),
  } satisfies Partial<SystemReports>
}

/** About the connections to the database. */
function databaseReports(from: From) {
  return {
    onReplica: ({ state, reason }) =>
      state === 'lost'
        ? from('system', 'database').warning('The read replica is not used; reads go to the primary', {
            reason,
          })
        : from('system', 'database').info('The read replica is used again'),
    onDatabaseConnection: (state) =>
      state === 'lost'
        ? from('system', 'database').warning('The connection to the database is lost; reconnecting')
        : from('system', 'database').info('The connection to the database is restored'),
  } satisfies Partial<SystemReports>
}

/** The other lines of the server itself. */
function ownLines(from: From, failures: Failures) {
  return {
    started: (facts) => from('system', 'server').info(`Started on ${facts.url}`, facts),
    stopping: ({ cause, error }) =>
      error === undefined
        ? from('system', 'server').info(`Stopping: ${cause}`)
        : from('system', 'server').critical({ err: error }, `Stopping: ${cause}`),
    accessTrouble: (message) => failures.handle(failure('system', 'access', message, {})),
    certificate: ({ variable, valid_to, error }) =>
      error === undefined
        ? from('system', 'certificate').info(
            `The certificate of ${variable} was reloaded, valid to ${valid_to}`,
            {
              ...{ variable, valid_to },
            },
          )
        : from('system', 'certificate').warning(`The previous certificate remains in use. ${error}`, {
            variable,
          }),
    slowStatement: ({ name, millis }) =>
      from('system', 'database').info(`Slow statement: ${name} took ${Math.round(millis)} ms`, {
        statement: name,
        duration_ms: Math.round(millis),
      }),
    // Readers see the line; the values before and after, and the address, are for administrators alone.
    audit: ({ id, actor, action, entity, request_id, hash }) =>
      // No colon behind a name: text behind that of a key or a user would look like its secret, and be masked.
      from('system', 'audit').info(
        `Audit: ${action} on ${entity} by ${actor === 'nobody' ? 'anonymous' : actor}`,
        {
          ...{ audit_id: id, actor, action, entity, request_id, hash },
        },
      ),
  } satisfies Partial<SystemLog>
}

/** A failure. Those alike become one line: an outage meets each request, stream and run of a job. */
function failure(
  source: 'system' | 'api' | 'worker',
  name: string,
  message: string,
  extra: object,
): LogRecord {
  return {
    timestamp: eventTime(),
    level: 'ERROR',
    message,
    source,
    logger_name: `${OWN_LOGGERS}.${name}`,
    camera_id: null,
    extra_data: extra as ExtraData,
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
