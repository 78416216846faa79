// The exports for applications.

// For handlers and decoders of your own: the same repair, redaction and batching the ones above use.
export { BatchingBuffer } from './batching-buffer.ts'
export {
  type Batch,
  type BatchingLimits,
  type BatchingOptions,
  type BatchingSpool,
  type Delivery,
  DeliveryFailure,
} from './batching-options.ts'
export { type CaptureOptions, captureConsole } from './capture-console.ts'
export { eventTime } from './clock.ts'
export { type CollapseOptions, collapseRepeats } from './collapse-repeats.ts'
export { type ConsoleOptions, consoleHandler } from './console-handler.ts'
export { withContext } from './context.ts'
export { createLogger } from './create-logger.ts'
export { type Flushable, flushAtExit } from './exit-flush.ts'
export type { FlightRecorderOptions, FlightRecorderStats } from './flight-recorder.ts'
export type { GuardOptions } from './guard-function.ts'
export { type HttpOptions, httpHandler } from './http-handler.ts'
// The vocabulary, shared with the server.
export * from './level.ts'
export * from './level-gate.ts'
export * from './level-rules.ts'
export type { Bindings, Guarded, LogFn, Logger, LoggerOptions, LoggerStats } from './logger.ts'
export type { Loss } from './loss-record.ts'
export { lossRecord, type ProblemReporter, problemReporter, stderrReporter } from './loss-record.ts'
export { jsonBytes, toExtraData } from './plain-data.ts'
export * from './record.ts'
export { normaliseRecord, type RecordInput, repairTimestamp } from './record-repair.ts'
export {
  MASK,
  maskRecord,
  redactData,
  redactRecord,
  redactText,
  type TextMasker,
  UNCHECKED,
} from './redaction.ts'
export { cutBytes, repairText } from './repair-text.ts'
export { openSpool, type SpoolUse } from './spool/open-spool.ts'
export type { SpoolOptions } from './spool/spool.ts'
