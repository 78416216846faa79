import { flushAtExit } from './exit-flush.ts'
import type { LogHandler, LogRecord } from './record.ts'

export type CollapseOptions = {
  /** From the first line of its kind to the line that says how many followed. Default 10,000. */
  windowMs?: number
}

/** Lines of one kind, after the first. */
type Repeats = { startMs: number; endMs: number; count: number; last: LogRecord | undefined }

/** Kinds distinguished at a time; lines of further kinds pass unchanged. */
const MAX_KINDS = 1_000

/**
 * Hands the first line of its kind to a handler, and for similar lines in the next ten seconds a single line with their
 * number: `RTSP connection failed (×240 in 10 s)`, with the number in `extra_data.repeated` and otherwise the
 * `extra_data` of the last. Lines are similar when text, level, source, logger and camera are equal.
 *
 * @example
 * createLogger({ handlers: [consoleHandler(), collapseRepeats(httpHandler({ url }))] })
 */
export function collapseRepeats(
  handler: LogHandler,
  { windowMs = 10_000 }: CollapseOptions = {},
): LogHandler {
  const collapser = new Collapser(handler, windowMs)
  const leaveExit = flushAtExit({
    flush: (timeoutMs) => {
      collapser.tellAll()
      return Promise.race([
        handler.flush(),
        new Promise<void>((resolve) => setTimeout(resolve, timeoutMs).unref()),
      ])
    },
    get pendingRows() {
      return collapser.pendingRows
    },
  })
  const { isEnabled, watchEnabled, holdsBack, handleRecorded, stats } = handler
  return {
    handle: (record) => collapser.handle(record),
    ...(isEnabled && { isEnabled: isEnabled.bind(handler) }),
    ...(watchEnabled && { watchEnabled: watchEnabled.bind(handler) }),
    ...(holdsBack && { holdsBack: holdsBack.bind(handler) }),
    ...(handleRecorded && { handleRecorded: handleRecorded.bind(handler) }),
    ...(stats && { stats: stats.bind(handler) }),
    flush: () => {
      collapser.tellAll()
      return handler.flush()
    },
    async close() {
      collapser.close()
      leaveExit()
      await handler.close()
    },
  }
}

/** Counts the lines of each kind that follow the first one, and tells the handler of them when their window ends. */
class Collapser {
  readonly #handler: LogHandler
  readonly #windowMs: number
  /** In the order of their ends: all windows are of one length. */
  readonly #kinds = new Map<string, Repeats>()
  #timer: NodeJS.Timeout | undefined

  constructor(handler: LogHandler, windowMs: number) {
    this.#handler = handler
    this.#windowMs = windowMs
  }

  /** Lines that would still be told. */
  get pendingRows(): number {
    let pending = 0
    for (const { count } of this.#kinds.values()) if (count > 0) pending++
    return pending
  }

  handle(record: LogRecord): void {
    const nowMs = performance.now()
    this.#tellEnded(nowMs)
    const kind = kindOf(record)
    const repeats = this.#kinds.get(kind)
    if (repeats) {
      repeats.count++
      repeats.last = record
      return
    }
    if (this.#kinds.size < MAX_KINDS) {
      this.#kinds.set(kind, { startMs: nowMs, endMs: nowMs + this.#windowMs, count: 0, last: undefined })
      this.#tellLater()
    }
    this.#handler.handle(record)
  }

  tellAll(): void {
    const nowMs = performance.now()
    for (const repeats of this.#kinds.values()) this.#tell(repeats, nowMs)
    this.#kinds.clear()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.tellAll()
  }

  #tellLater(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#tellEnded(performance.now())
      if (this.#kinds.size > 0) this.#tellLater()
    }, this.#windowMs).unref()
  }

  #tellEnded(nowMs: number): void {
    for (const [kind, repeats] of this.#kinds) {
      if (repeats.endMs > nowMs) return
      this.#kinds.delete(kind)
      this.#tell(repeats, nowMs)
    }
  }

  #tell({ startMs, endMs, count, last }: Repeats, nowMs: number): void {
    if (!last) return
    try {
      this.#handler.handle(count === 1 ? last : describe(last, count, Math.min(endMs, nowMs) - startMs))
    } catch {
      // Called by a timer, a handler that throws would end the application.
    }
  }
}

function describe(last: LogRecord, count: number, overMs: number): LogRecord {
  const seconds = Math.max(1, Math.round(overMs / 1000))
  return {
    ...last,
    message: `${last.message} (×${count.toLocaleString('en-US')} in ${seconds} s)`,
    extra_data: { ...last.extra_data, repeated: count },
  }
}

function kindOf({ level, source, logger_name, camera_id, message }: LogRecord): string {
  return `${level}\n${source}\n${logger_name ?? ''}\n${camera_id ?? ''}\n${message}`
}
