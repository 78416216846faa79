import {
  BatchingBuffer,
  type BatchingLimits,
  flushAtExit,
  type HandlerStats,
  jsonBytes,
  type Level,
  LevelGate,
  type LevelRules,
  type LinePlace,
  type LogHandler,
  type LogRecord,
  lossRecord,
  normaliseRecord,
  openSpool,
  type ProblemReporter,
  problemReporter,
  type SpoolOptions,
} from '@timelapser/logger'
import { onOwnBehalf } from '../caller.ts'

/** The part of `LogOperations` the handler needs: stores a batch once, resolves after COMMIT. */
export type LogSink = {
  addLogEntries(
    records: readonly LogRecord[],
    sender?: { sender: string; batch: number },
  ): Promise<{ rejected: readonly { index: number; reason: string }[] }>
}

export type DatabaseLogHandlerOptions = BatchingLimits & {
  logOperations: LogSink
  /** Reads the level people set, or all their rules; asked at most every 30 seconds, and on each change. */
  readLogLevel(): Promise<Level | LevelRules>
  /** Calls on each change until the returned function is called; without it levels are up to 30 seconds old. */
  onLevelChange?: (listener: () => void) => () => void
  /** In force until the first reading arrives. Default INFO. */
  initialLevel?: Level
  /** A folder where lines wait while the database is away, as for `httpHandler`. Default none: they wait in memory. */
  spool?: SpoolOptions | undefined
  /** Puts each line into the spool before the call returns, so that `kill -9` loses none. Default false. */
  durable?: boolean
  /** Default true. */
  flushOnExit?: boolean
  /** Receives each failure as a sentence; must not log through this handler. Default: stderr, once a minute. */
  onProblem?: (sentence: string) => void
}

/** How long a level that was read counts (spec, "User Settings Integration"). */
const LEVEL_CACHE_MS = 30_000
/** How often the age of the level is looked at where no line asks. */
const LEVEL_CHECK_MS = 1_000

/** The place of a record that no override applies to. */
const NOWHERE: LinePlace = { source: '', logger_name: null, camera_id: null }

/** How its records lie in a spool, which is for this database alone: two of them need two folders. */
const SPOOLED = {
  destination: 'database',
  encode: (record: LogRecord) => JSON.stringify(record),
  decode: (text: string) => normaliseRecord(JSON.parse(text)),
}

/** Bytes of a record beside its texts, roughly; the queue's bound need not be exact. */
const FIXED_BYTES = 120

/**
 * Writes records to the `logs` table: in batches, each stored once, with the time of the call. Never blocks or throws;
 * while the database is away records wait in the spool or in memory, bounded, and a log line reports how many were
 * dropped.
 */
export class DatabaseLogHandler implements LogHandler {
  readonly #buffer: BatchingBuffer<LogRecord>
  readonly #readLogLevel: () => Promise<Level | LevelRules>
  readonly #onProblem: ProblemReporter
  readonly #leaveExit: () => void
  readonly #gate: LevelGate
  readonly #forgetChanges: () => void
  #levelReadMs = Number.NEGATIVE_INFINITY
  #reading: Promise<Level> | undefined
  #filtered = 0
  #ageTimer: NodeJS.Timeout | undefined

  constructor(options: DatabaseLogHandlerOptions) {
    const {
      logOperations,
      readLogLevel,
      onLevelChange,
      initialLevel = 'INFO',
      flushOnExit = true,
      onProblem,
      spool,
      durable = false,
      ...limits
    } = options
    if (durable && !spool) throw new TypeError('DatabaseLogHandler: durable needs a spool')
    this.#gate = new LevelGate({
      rules: { log_level: initialLevel, overrides: [] },
      onHeldBack: (record) => this.#buffer.add(record, bytesOf(record)),
    })
    this.#readLogLevel = readLogLevel
    this.#onProblem = problemReporter('database', onProblem)
    this.#buffer = new BatchingBuffer<LogRecord>({
      flushIntervalMs: 200,
      ...limits,
      async deliver(batch) {
        // Lines of many requests are stored together, by the timer of one of them.
        const { rejected } = await onOwnBehalf(() =>
          logOperations.addLogEntries(batch.items, { sender: batch.sender, batch: batch.number }),
        )
        return { rejected: rejected.length, reason: rejected[0]?.reason ?? '' }
      },
      spool: spool && openSpool(spool, { durable, ...SPOOLED }, this.#onProblem),
      describeLoss(loss) {
        const item = lossRecord(loss, 'the database')
        return { item, bytes: bytesOf(item) }
      },
      onProblem: this.#onProblem,
    })
    this.#forgetChanges = onLevelChange?.(() => void this.#readAnew()) ?? (() => {})
    this.#leaveExit = flushOnExit ? flushAtExit(this.#buffer) : () => {}
  }

  handle(record: LogRecord): void {
    this.#readWhenOld()
    if (this.#gate.admit(record.level, record) !== 'pass') {
      this.#filtered++
      return
    }
    this.#buffer.add(record, bytesOf(record))
  }

  isEnabled(level: Level): boolean {
    this.#readWhenOld()
    return this.#gate.couldPass(level)
  }

  holdsBack(record: LogRecord): boolean {
    return !this.shouldLogToDatabase(record.level, record)
  }

  handleRecorded(record: LogRecord): void {
    this.#buffer.add(record, bytesOf(record))
  }

  /** With a clock of its own: calls that cost nothing do not ask whether the level is old. */
  watchEnabled(listener: () => void): () => void {
    this.#ageTimer ??= setInterval(() => this.#readWhenOld(), LEVEL_CHECK_MS).unref()
    return this.#gate.watch(listener)
  }

  /** The global level: at most 30 seconds old, read anew in the background. */
  getUserLogLevel(): Level {
    this.#readWhenOld()
    return this.#gate.rules.log_level
  }

  /** Whether a record of this level reaches the level in force: of the place, if it is given, or the global level. */
  shouldLogToDatabase(level: Level, place: LinePlace = NOWHERE): boolean {
    this.#readWhenOld()
    return this.#gate.isEnabled(level, place)
  }

  /** Reads the level now: at the start, or after a notice of a change. Keeps the old level when it cannot be read. */
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
    this.#forgetChanges()
    clearInterval(this.#ageTimer)
    this.#gate.close()
    await this.#buffer.close()
    this.#leaveExit()
  }

  stats(): HandlerStats {
    const stats = this.#buffer.stats()
    return { name: 'database', ...stats, filtered: stats.filtered + this.#filtered }
  }

  async #read(): Promise<Level> {
    try {
      const read = await this.#readLogLevel()
      this.#gate.setRules(typeof read === 'string' ? { log_level: read, overrides: [] } : read)
    } catch (error) {
      this.#onProblem(
        `the log level cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
    return this.#gate.rules.log_level
  }

  /** Not the reading under way, which may have begun before the change. */
  async #readAnew(): Promise<void> {
    await this.#reading
    await this.refreshLogLevel()
  }

  #readWhenOld(): void {
    if (performance.now() - this.#levelReadMs > LEVEL_CACHE_MS) void this.refreshLogLevel()
  }
}

function bytesOf(record: LogRecord): number {
  const extra = record.extra_data ? jsonBytes(record.extra_data) : 0
  return FIXED_BYTES + Buffer.byteLength(record.message) + extra
}
