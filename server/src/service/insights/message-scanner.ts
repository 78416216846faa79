import { setImmediate as nextTurn } from 'node:timers/promises'
import { currentCaller } from '../../caller.ts'
import { FairPlaces } from '../../fair-places.ts'
import { comparable, DAY, fromMillis, HOUR, now, toMillis } from '../../store/database/timestamp.ts'
import type { LogFilter, Visibility } from '../../store/filter/log-filter.ts'
import type { LogOperations } from '../../store/log-operations.ts'
import { type ScannedMessage, scanMessages } from '../../store/reading/message-scan.ts'
import type { LogQuery, SearchQueries } from '../logs/log-query.ts'

/** How long a view looks through lines before it answers with what it has. */
export const SCAN_MS = 5000

/** How long one looks that is asked for all lines. */
export const PATIENT_SCAN_MS = 60_000

/** Views that look through lines at once, on a server; two for each caller, more wait. Each keeps half a core busy. */
const MAX_AT_ONCE = 6

/** Those who want an answer soon, at once. */
const MAX_QUICK = 3

/** Those that take more than a view's time, at once. */
const MAX_PATIENT = 3

/** A caller that wants an answer this soon does not wait for callers with seconds: it has a place of its own. */
const SOON_MS = 1000

/** Lines folded before others have their turn: 3 ms. */
const SLICE = 1000

/** An inclusive range of time. */
export type Range = { start: string; end: string }

export type ScanReader = {
  visibility: Visibility
  signal?: AbortSignal | undefined
  /** The share of a view's time, when it scans more than once. */
  share?: number
  /** Milliseconds after which the caller wants an answer, when that is not what a view has. */
  withinMs?: number | undefined
}

/** Lines that were read, newest first, and how far: everything newer was looked at. */
export type Scanned<T> = { lines: readonly T[]; searched_to: string }

/** Reads what matches, line by line, within the time. */
export class MessageScanner {
  readonly #logs: Pick<LogOperations, 'scan'>
  readonly #queries: Pick<SearchQueries, 'toFilter'>
  readonly #budgetMs: number
  readonly #places = new FairPlaces(MAX_AT_ONCE)
  readonly #placeOfQuick = new FairPlaces(MAX_QUICK)
  readonly #placesOfPatient = new FairPlaces(MAX_PATIENT)

  constructor(
    logs: Pick<LogOperations, 'scan'>,
    queries: Pick<SearchQueries, 'toFilter'>,
    budgetMs = SCAN_MS,
  ) {
    this.#budgetMs = budgetMs
    this.#logs = logs
    this.#queries = queries
  }

  /**
   * Hands over what matches in the range, newest first, for as long as `take` says, until the time is over.
   *
   * @returns from where on all was looked at; null for the whole range
   */
  async scan(
    query: LogQuery,
    range: Range,
    reader: ScanReader,
    take: (messages: readonly ScannedMessage[]) => boolean,
  ): Promise<string | null> {
    return this.scanLines(query, range, reader, (filter) => this.#messages(filter, reader.signal), take)
  }

  async *#messages(filter: LogFilter, signal?: AbortSignal): AsyncGenerator<Scanned<ScannedMessage>> {
    for await (const { messages, searched_to } of this.#logs.scan(scanMessages, filter, signal)) {
      yield { lines: messages, searched_to }
    }
  }

  /**
   * The same with lines of another kind.
   *
   * @param read the lines that match, newest first, in pieces
   */
  async scanLines<T>(
    query: LogQuery,
    range: Range,
    { visibility, signal, share = 1, withinMs = SCAN_MS }: ScanReader,
    read: (filter: LogFilter) => AsyncIterable<Scanned<T>>,
    take: (lines: readonly T[]) => boolean,
  ): Promise<string | null> {
    const asked = performance.now()
    const filter = await this.#queries.toFilter({ ...query, ...toDates(range) }, visibility)
    const isQuick = withinMs <= SOON_MS
    const isPatient = withinMs > SCAN_MS
    const places = isQuick ? this.#placeOfQuick : isPatient ? this.#placesOfPatient : this.#places
    const budgetMs = isPatient ? withinMs : Math.min(this.#budgetMs, withinMs)
    return places.use(currentCaller(), signal, async () => {
      const began = isQuick ? asked : performance.now()
      const deadline = began + budgetMs * share
      for await (const { lines, searched_to } of read(filter)) {
        for (let index = 0; index < lines.length || index === 0; index += SLICE) {
          if (!take(lines.slice(index, index + SLICE))) return null
          await nextTurn()
        }
        const isComplete = comparable(searched_to) <= comparable(range.start)
        if (!isComplete && performance.now() > deadline) return searched_to
      }
      return null
    })
  }

  /** The range the query asks for, or the last 24 hours. */
  async rangeOf(query: LogQuery, visibility: Visibility): Promise<Range> {
    const filter = await this.#queries.toFilter(query, visibility)
    const end = filter.end ?? now()
    return { start: filter.start ?? fromMillis(toMillis(end) - 24 * HOUR), end }
  }
}

/** The query with a least level where it asks for none. */
export function withLevel(query: LogQuery, least: string): LogQuery {
  return query.level || query.min_level ? query : { ...query, min_level: least }
}

/** The range as parameters of a query. */
export function toDates({ start, end }: Range): Pick<LogQuery, 'start_date' | 'end_date'> {
  return { start_date: start, end_date: end }
}

/** The last instant before a time: ranges are inclusive, and microseconds the finest there are. */
function justBefore(timestamp: string): string {
  const digits = comparable(timestamp)
  const micros = Number(digits.slice(23))
  if (micros > 0) return `${digits.slice(0, 23)}${String(micros - 1).padStart(3, '0')}Z`
  return `${comparable(fromMillis(toMillis(timestamp) - 1)).slice(0, 23)}999Z`
}

/** The period of `days` days up to right before a time. */
export function daysBefore(start: string, days: number): Range {
  return { start: fromMillis(toMillis(start) - days * DAY), end: justBefore(start) }
}
