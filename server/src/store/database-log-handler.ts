import { randomUUID } from 'node:crypto'
import {
  BatchingBuffer,
  type BatchingLimits,
  flushAtExit,
  type HandlerStats,
  isEnabled,
  jsonBytes,
  type Level,
  type LogHandler,
  type LogRecord,
  lossRecord,
  stderrReporter,
} from '@timelapser/logger'

/** The part of `LogOperations` the handler needs: stores a batch once, resolves after COMMIT. */
export type LogSink = {
  addLogEntries(
    records: readonly LogRecord[],
    sender?: { sender: string; batch: number },
  ): Promise<{ rejected: readonly { index: number; reason: string }[] }>
}

export type DatabaseLogHandlerOptions = BatchingLimits & {
  logOperations: LogSink
  /** Reads the level people set; asked at most every 30 seconds. */
  readLogLevel(): Promise<Level>
  /** In force until the first reading arrives. Default INFO. */
  initialLevel?: Level
  /** Default true. */
  flushOnExit?: boolean
  /** Told of failures in one sentence; must not log through this handler. Default: stderr, once a minute. */
  onProblem?: (sentence: string) => void
}

/** How long a level that was read counts (spec, "User Settings Integration"). */
const LEVEL_CACHE_MS = 30_000

/** Bytes of a record beside its texts, roughly; the queue's bound need not be exact. */
const FIXED_BYTES = 120

/**
 * Writes records to the `logs` table: in batches, each stored once, with the time of the call. Never blocks or throws;
 * while the database is away records wait in memory, bounded, and a log line tells how many were dropped.
 */
export class DatabaseLogHandler implements LogHandler {
  readonly #buffer: BatchingBuffer<LogRecord>
  readonly #readLogLevel: () => Promise<Level>
  readonly #onProblem: (sentence: string) => void
  readonly #leaveExit: () => void
  #level: Level
  #levelReadMs = Number.NEGATIVE_INFINITY
  #reading: Promise<Level> | undefined
  #filtered = 0

  constructor(options: DatabaseLogHandlerOptions) {
    const {
      logOperations,
      readLogLevel,
      initialLevel = 'INFO',
      flushOnExit = true,
      onProblem,
      ...limits
    } = options
    const sender = randomUUID()
    this.#level = initialLevel
    this.#readLogLevel = readLogLevel
    this.#onProblem = onProblem ?? stderrReporter('database')
    this.#buffer = new BatchingBuffer<LogRecord>({
      flushIntervalMs: 200,
      ...limits,
      async deliver(batch) {
        const { rejected } = await logOperations.addLogEntries(batch.items, { sender, batch: batch.number })
        return { rejected: rejected.length, reason: rejected[0]?.reason ?? '' }
      },
      describeLoss(loss) {
        const item = lossRecord(loss, 'the database')
        return { item, bytes: bytesOf(item) }
      },
      onProblem: this.#onProblem,
    })
    this.#leaveExit = flushOnExit ? flushAtExit(this.#buffer) : () => {}
  }

  handle(record: LogRecord): void {
    if (!this.shouldLogToDatabase(record.level)) {
      this.#filtered++
      return
    }
    this.#buffer.add(record, bytesOf(record))
  }

  isEnabled(level: Level): boolean {
    return this.shouldLogToDatabase(level)
  }

  /** The level in force: at most 30 seconds old, read anew in the background. */
  getUserLogLevel(): Level {
    if (performance.now() - this.#levelReadMs > LEVEL_CACHE_MS) void this.refreshLogLevel()
    return this.#level
  }

  /** Whether a record of this level reaches the level in force. */
  shouldLogToDatabase(level: Level): boolean {
    return isEnabled(level, this.getUserLogLevel())
  }

  /** Reads the level now: at the start, or on news that it changed. Keeps the old one when it cannot be read. */
  refreshLogLevel(): Promise<Level> {
    // Set first: an unreachable database is asked again in 30 seconds, not at every line.
    this.#levelReadMs = performance.now()
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  flush(): Promise<void> {
    return this.#buffer.flush()
  }

  async close(): Promise<void> {
    await this.#buffer.close()
    this.#leaveExit()
  }

  stats(): HandlerStats {
    const stats = this.#buffer.stats()
    return { name: 'database', ...stats, filtered: stats.filtered + this.#filtered }
  }

  async #read(): Promise<Level> {
    try {
      this.#level = await this.#readLogLevel()
    } catch (error) {
      this.#onProblem(
        `the log level cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
    return this.#level
  }
}

function bytesOf(record: LogRecord): number {
  const extra = record.extra_data ? jsonBytes(record.extra_data) : 0
  return FIXED_BYTES + Buffer.byteLength(record.message) + extra
}
