import type { Level } from './level.ts'

/** Anything JSON can hold. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** The extra data of a record; at most 64 kB as JSON and 16 levels deep. */
export type ExtraData = { [key: string]: Json }

/**
 * One log line on its way in, complete: the shape every handler is given, every decoder ends in and the store
 * writes. The same names as the columns of `logs`.
 */
export type LogRecord = {
  /** Event time, ISO 8601 in UTC with up to six fractional digits: `2025-01-01T12:30:00.123456Z`. */
  timestamp: string
  level: Level
  /** Any text; at most 256 kB are kept. */
  message: string
  /** Where it comes from: `system`, `api`, `worker`, `camera_1`, …; 1 to 100 characters. */
  source: string
  /** The logger inside the source, at most 200 characters. */
  logger_name: string | null
  camera_id: number | null
  extra_data: ExtraData | null
}

/** Where records go. A handler never throws into its caller and never blocks it. */
export interface LogHandler {
  /** Takes one record; returns at once. */
  handle(record: LogRecord): void
  /** Whether the handler could want a record of this level; a logger whose handlers all decline does nothing. */
  isEnabled?(level: Level): boolean
  /**
   * Calls `listener` whenever answers of `isEnabled` change, until the returned function is called. With it a call that
   * no handler wants costs nothing; without it the handler is asked at each call.
   */
  watchEnabled?(listener: () => void): () => void
  /** Whether the level in force holds back this record; with `handleRecorded`, for the flight recorder. */
  holdsBack?(record: LogRecord): boolean
  /** Takes a record that was held back, because an error followed it. */
  handleRecorded?(record: LogRecord): void
  /** Resolves when everything handled so far is delivered or given up. */
  flush(): Promise<void>
  /** Flushes and frees the handler's resources; further records are dropped. */
  close(): Promise<void>
  /** Counts delivered, lost and waiting records. */
  stats?(): HandlerStats
}

/** Counts since the handler was made; `queued…`, `spooled…`, `lastError` and `nextAttemptAt` are the state now. */
export type HandlerStats = {
  name: string
  /** Records delivered. */
  delivered: number
  /** Records given up because the queue was full or the handler closed before it could deliver them. */
  dropped: number
  /** Records the other side refused. */
  rejected: number
  /** Records held back by the level in force, here or on the other side. */
  filtered: number
  /** Deliveries that failed and were tried again. */
  retries: number
  /** In memory. */
  queuedRows: number
  queuedBytes: number
  /** In the spool, other processes' leavings among them. */
  spooledRows: number
  spooledBytes: number
  /** Why the last delivery failed; null after a successful delivery. */
  lastError: string | null
  /** When the next delivery is tried, in ISO 8601; null while none has to wait. */
  nextAttemptAt: string | null
}

/** Bounds of one record, the same in the logger, on the wire and in the table. */
export const RECORD_LIMITS = {
  /** Bytes of UTF-8. Longer messages are cut there, and `extra_data.truncated_bytes` says by how much. */
  messageBytes: 256 * 1024,
  /** Bytes of JSON. More is rejected on the wire and replaced by its keys in the logger. */
  extraDataBytes: 64 * 1024,
  /** Levels of nesting in `extra_data`. */
  extraDataDepth: 16,
  /** Characters; the column is varchar(100). */
  sourceCharacters: 100,
  /** Characters; the column is varchar(200). */
  loggerNameCharacters: 200,
} as const
