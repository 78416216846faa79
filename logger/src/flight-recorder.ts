import { isEnabled, type Level } from './level.ts'
import { cameraOf } from './level-rules.ts'
import type { LogHandler, LogRecord } from './record.ts'
import { recordJson } from './record-json.ts'

export type FlightRecorderOptions = {
  /** Lines below it are not kept. Default `DEBUG`. */
  level?: Level
  /** Lines kept of each request and of each camera; the oldest go. Default 100. */
  lines?: number
  /** Requests and cameras kept; those that were silent longest go. Default 1,000. */
  keys?: number
  /** Bytes of all lines kept, as JSON. Default 8 MB. */
  maxBytes?: number
  /** Lines older than this when the error comes are not written. Default 10 minutes. */
  maxAgeMs?: number
}

/** Counts since the logger was made; `keys` and `bytes` are the state now. */
export type FlightRecorderStats = { kept: number; written: number; keys: number; bytes: number }

/** One line that waits for an error; it may stand in the tapes of a request and of a camera. */
type Kept = { json: string; handlers: readonly LogHandler[]; atMs: number; isWritten: boolean }

/** The lines that a single request or camera logged, oldest first. */
type Tape = { lines: Kept[]; bytes: number }

/**
 * Keeps the lines that handlers hold back by level, of each request and each camera; when an error comes in the same
 * request or camera, they are written before it, marked `recorded: true` in `extra_data`.
 */
export class FlightRecorder {
  readonly #handlers: readonly LogHandler[]
  readonly #options: Required<FlightRecorderOptions>
  /** The tape that was silent longest comes first. */
  readonly #tapes = new Map<string, Tape>()
  #bytes = 0
  #kept = 0
  #written = 0

  constructor(handlers: readonly LogHandler[], options: FlightRecorderOptions) {
    this.#handlers = handlers.filter((handler) => handler.holdsBack && handler.handleRecorded)
    this.#options = {
      level: options.level ?? 'DEBUG',
      lines: options.lines ?? 100,
      keys: options.keys ?? 1_000,
      maxBytes: options.maxBytes ?? 8 * 1024 * 1024,
      maxAgeMs: options.maxAgeMs ?? 600_000,
    }
  }

  /** Whether lines of this level are for it; errors are, for what stands before them. */
  wants(level: Level): boolean {
    return this.#handlers.length > 0 && isEnabled(level, this.#options.level)
  }

  /** Sees every line before the handlers do. */
  see(record: LogRecord): void {
    if (!this.wants(record.level)) return
    const keys = keysOf(record)
    if (keys.length === 0) return
    if (isEnabled(record.level, 'ERROR')) this.#write(keys, record)
    else this.#keep(keys, record)
  }

  stats(): FlightRecorderStats {
    return { kept: this.#kept, written: this.#written, keys: this.#tapes.size, bytes: this.#bytes }
  }

  #keep(keys: readonly string[], record: LogRecord): void {
    const handlers = this.#handlers.filter((handler) => handler.holdsBack?.(record))
    if (handlers.length === 0) return
    this.#kept++
    const line = { json: recordJson(record), handlers, atMs: performance.now(), isWritten: false }
    for (const key of keys) this.#append(key, line)
    const { keys: maxKeys, maxBytes } = this.#options
    for (const oldest of this.#tapes.keys()) {
      if (this.#tapes.size <= maxKeys && this.#bytes <= maxBytes) return
      this.#forget(oldest)
    }
  }

  #append(key: string, line: Kept): void {
    const tape = this.#tapes.get(key) ?? { lines: [], bytes: 0 }
    // Anew at the end of the map: it was not silent.
    this.#tapes.delete(key)
    this.#tapes.set(key, tape)
    tape.lines.push(line)
    const gone = tape.lines.length > this.#options.lines ? tape.lines.shift() : undefined
    const grown = line.json.length - (gone?.json.length ?? 0)
    tape.bytes += grown
    this.#bytes += grown
  }

  #write(keys: readonly string[], error: LogRecord): void {
    const oldestMs = performance.now() - this.#options.maxAgeMs
    const lines = keys
      .flatMap((key) => this.#tapes.get(key)?.lines ?? [])
      .sort((left, right) => left.atMs - right.atMs)
    for (const line of lines) {
      if (line.isWritten || line.atMs < oldestMs) continue
      line.isWritten = true
      this.#written++
      const record = asRecorded(JSON.parse(line.json) as LogRecord)
      for (const handler of line.handlers) {
        if (!handler.holdsBack?.(error)) handler.handleRecorded?.(record)
      }
    }
    for (const key of keys) this.#forget(key)
  }

  #forget(key: string): void {
    this.#bytes -= this.#tapes.get(key)?.bytes ?? 0
    this.#tapes.delete(key)
  }
}

function asRecorded(record: LogRecord): LogRecord {
  return { ...record, extra_data: { ...record.extra_data, recorded: true } }
}

function keysOf(record: LogRecord): string[] {
  const keys: string[] = []
  const request = record.extra_data?.request_id
  if (typeof request === 'string' || typeof request === 'number') keys.push(`request ${request}`)
  const camera = cameraOf(record)
  if (camera !== '') keys.push(`camera ${camera}`)
  return keys
}
