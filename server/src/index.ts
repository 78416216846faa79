/**
 * The exports for processes on the database, under `timelapser-logs`; applications elsewhere need `@timelapser/logger`
 * alone.
 * The types of the HTTP API are in `timelapser-logs/api`.
 */
export { SyncLogService } from './service/logs/sync-log-service.ts'
export { StartupError } from './startup-error.ts'
export type { LogRow } from './store/database/reader.ts'
export { DatabaseLogHandler, type DatabaseLogHandlerOptions } from './store/database-log-handler.ts'
export { exportRows } from './store/export/export-rows.ts'
export { LogOperations, type LogOperationsOptions } from './store/log-operations.ts'
export { type OpenLogs, type OpenLogsOptions, openLogs } from './store/open-logs.ts'
export { countDimensions, summariseSources } from './store/reading/log-overview.ts'
export { readLogPage, readLogSlice } from './store/reading/log-pages.ts'
export { previewMatching } from './store/removal/delete-matching.ts'
export {
  type DatabaseLogging,
  type DatabaseLoggingOptions,
  setupDatabaseLogging,
} from './store/setup-database-logging.ts'
export {
  SyncDeadline,
  SyncLogOperations,
  type SyncLogOperationsOptions,
} from './store/sync-log-operations.ts'
export type { AddResult } from './store/writing/senders.ts'
