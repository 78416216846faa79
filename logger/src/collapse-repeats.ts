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
  // In the order of their ends: all windows are of one length.
  const kinds = new Map<string, Repeats>()
  let timer: NodeJS.Timeout | undefined
  const leaveExit = flushAtExit({
    flush: (timeoutMs) => {
      tellAll()
      return Promise.race([
        handler.flush(),
        new Promise<void>((resolve) => setTimeout(resolve, timeoutMs).unref()),
      ])
    },
    get pendingRows() {
      let pending = 0
      for (const { count } of kinds.values()) if (count > 0) pending++
      return pending
    },
  })

  function handle(record: LogRecord): void {
    const nowMs = performance.now()
    tellEnded(nowMs)
    const kind = kindOf(record)
    const repeats = kinds.get(kind)
    if (repeats) {
      repeats.count++
      repeats.last = record
      return
    }
    if (kinds.size < MAX_KINDS) {
      kinds.set(kind, { startMs: nowMs, endMs: nowMs + windowMs, count: 0, last: undefined })
      tellLater()
    }
    handler.handle(record)
  }

  function tellLater(): void {
    timer ??= setTimeout(() => {
      timer = undefined
      tellEnded(performance.now())
      if (kinds.size > 0) tellLater()
    }, windowMs).unref()
  }

  function tellEnded(nowMs: number): void {
    for (const [kind, repeats] of kinds) {
      if (repeats.endMs > nowMs) return
      kinds.delete(kind)
      tell(repeats, nowMs)
    }
  }

  function tellAll(): void {
    const nowMs = performance.now()
    for (const repeats of kinds.values()) tell(repeats, nowMs)
    kinds.clear()
  }

  function tell({ startMs, endMs, count, last }: Repeats, nowMs: number): void {
    if (!last) return
    try {
      handler.handle(count === 1 ? last : describe(last, count, Math.min(endMs, nowMs) - startMs))
    } catch {
      // Called by a timer, a handler that throws would end the application.
    }
  }

  const { isEnabled, watchEnabled, holdsBack, handleRecorded, stats } = handler
  return {
    handle,
    ...(isEnabled && { isEnabled: isEnabled.bind(handler) }),
    ...(watchEnabled && { watchEnabled: watchEnabled.bind(handler) }),
    ...(holdsBack && { holdsBack: holdsBack.bind(handler) }),
    ...(handleRecorded && { handleRecorded: handleRecorded.bind(handler) }),
    ...(stats && { stats: stats.bind(handler) }),
    flush: () => {
      tellAll()
      return handler.flush()
    },
    async close() {
      clearTimeout(timer)
      tellAll()
      leaveExit()
      await handler.close()
    },
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
