// `import … from 'timelapser-logs'` loads this file: a Node that is too old gets a clear error, where the compiled code
// would end in a SyntaxError. The names are those of src/index.ts; a test compares.
import checkNode from './check-node.cjs'

checkNode.checkToImport()
export const {
  countDimensions,
  DatabaseLogHandler,
  exportRows,
  LogOperations,
  openLogs,
  previewMatching,
  readLogPage,
  readLogSlice,
  setupDatabaseLogging,
  StartupError,
  summariseSources,
  SyncDeadline,
  SyncLogOperations,
  SyncLogService,
} = await import('../dist/index.js')
