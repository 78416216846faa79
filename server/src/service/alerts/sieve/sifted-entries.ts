import { LEVELS, type LogRecord } from '@timelapser/logger'
import { type EntryMessages, SEPARATOR, UNREAD } from '../../../store/alerts/entry-messages.ts'
import type { Sieved, TextSieve } from './text-sieve.ts'

/** Entries whose outcome is remembered: those of some seconds. Of older ones, messages are read again. */
const MAX_ENTRIES = 1000
/** Lines that are remembered, of all entries. */
const MAX_LINES = 100_000

/** A longer message is not looked at here either, see `entry-messages.ts`. */
const LONGEST_READ = 2048

type Sifted = {
  sieve: TextSieve
  rows: number
  ids: readonly number[] | undefined
  searches: Sieved['searches']
}

/**
 * Remembers the lines that the sieve let through as this server wrote them: their messages need not be read again from the
 * database, which decides as before.
 */
export class SiftedEntries {
  /** The sieve in use; unset while another server evaluates, or no rule has a text. */
  #sieve: TextSieve | undefined
  /** By the id of the first line. */
  readonly #entries = new Map<number, Sifted>()
  #lines = 0

  /** Sifts from now on with this one. */
  use(sieve: TextSieve | undefined): void {
    this.#sieve = sieve && sieve.searches.size > 0 ? sieve : undefined
  }

  /** Sifts rows as they are written. */
  sift(records: readonly LogRecord[], firstId: number): void {
    const sieve = this.#sieve
    if (!sieve) return
    const levels = new Set<string>(sieve.levels)
    const places = levels.size === LEVELS.length ? undefined : placesOf(records, levels)
    const some = places ? places.map((place) => records[place] as LogRecord) : records
    const { lines, searches } =
      some.length === 0
        ? { lines: new Set<number>(), searches: new Set<number>() }
        : sieve.sift(joined(some), sieve.searches)
    const ids = lines && [...lines].map((line) => firstId + (places ? (places[line] ?? 0) : line))
    this.#forget(firstId)
    this.#entries.set(firstId, { sieve, rows: records.length, ids, searches })
    this.#lines += ids?.length ?? 0
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= MAX_ENTRIES && this.#lines <= MAX_LINES) break
      this.#forget(oldest)
    }
  }

  /** The outcome for an entry with this sieve; undefined when it is not known. */
  find(
    entry: { first_id: number; rows: number },
    sieve: TextSieve,
  ): Pick<Sifted, 'ids' | 'searches'> | undefined {
    const found = this.#entries.get(entry.first_id)
    return found?.sieve === sieve && found.rows === entry.rows ? found : undefined
  }

  /** Lets go of entries that are evaluated. */
  forget(entries: readonly { first_id: number }[]): void {
    for (const { first_id } of entries) this.#forget(first_id)
  }

  #forget(firstId: number): void {
    this.#lines -= this.#entries.get(firstId)?.ids?.length ?? 0
    this.#entries.delete(firstId)
  }
}

function placesOf(records: readonly LogRecord[], levels: ReadonlySet<string>): number[] {
  const places: number[] = []
  for (const [index, { level }] of records.entries()) if (levels.has(level)) places.push(index)
  return places
}

function joined(records: readonly LogRecord[]): Omit<EntryMessages, 'feed_id' | 'offsets'> {
  const messages = records.map(({ message }) => (message.length <= LONGEST_READ ? message : UNREAD))
  return {
    rows: records.length,
    messages: messages.join(SEPARATOR),
    levels: records.map(({ level }) => level).join(SEPARATOR),
    loggers: records.map(({ logger_name }) => logger_name ?? '').join(SEPARATOR),
  }
}
