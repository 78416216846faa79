import type { Feed, FeedEntry, FeedRow } from '../../store/feed/feed.ts'
import type { LogFilter } from '../../store/filter/log-filter.ts'
import { Turns } from '../turns.ts'

/** A place in the feed: rows up to index `index` of entry `entry` were seen; the whole entry when it is Infinity. */
export type FeedPosition = { entry: number; index: number }

export type LiveBatch = {
  /** Matching rows after the last batch, in the order of commits. */
  rows: FeedRow[]
  /** The position after these rows. */
  position: FeedPosition
}

/** Readers look this often though no notice came: a notice is a hint and may be lost. */
const POLL_MS = 2000

/**
 * What several readers wait for; ended when none of them does any more, and not kept: what is deleted, masked or brought
 * back since is so for whoever asks later.
 */
type SharedRead = { rows: Promise<FeedRow[]>; waiting: number; end: () => void }

/** Since when (`performance.now()`): one that takes longer than a poll may be on a connection that fell silent. */
type Look = { entries: Promise<FeedEntry[]>; since: number }

export type LiveFeedOptions = { feed: Feed; pollMs?: number }

/** The feed for many readers at once: one look at the database serves all that ask the same. */
export class LiveFeed {
  readonly #feed: Feed
  readonly #pollMs: number
  readonly #shared = new Map<string, SharedRead>()
  /** Looks for new entries that are under way, by the entry they look from. */
  readonly #looks = new Map<number, Look>()
  readonly #closing = new AbortController()
  #wake = Promise.withResolvers<void>()
  /** Readers wait for the next notice by it, each for a poll at a time. */
  #notice = new Turns(this.#wake.promise)
  #readers = 0
  #idle: PromiseWithResolvers<void> | undefined

  constructor({ feed, pollMs }: LiveFeedOptions) {
    this.#feed = feed
    this.#pollMs = pollMs ?? POLL_MS
  }

  /** How many readers are attached. */
  get readers(): number {
    return this.#readers
  }

  /** Tells the readers that there may be something new. */
  notify(): void {
    // One that is under way may have been too early to see it.
    this.#looks.clear()
    this.#wake.resolve()
    this.#wake = Promise.withResolvers()
    this.#notice = new Turns(this.#wake.promise)
  }

  /** The position of the newest committed batch. */
  async head(): Promise<FeedPosition> {
    return { entry: await this.#feed.head(), index: Number.POSITIVE_INFINITY }
  }

  /** Whether reading can go on from the position without a gap. */
  reachesBackTo({ entry, index }: FeedPosition): Promise<boolean> {
    return this.#feed.reachesBackTo(Number.isFinite(index) ? entry - 1 : entry)
  }

  /**
   * The rows committed after the position, each once, until the signal aborts or the feed closes. A reader that takes
   * its time holds nothing but its position. A batch without rows only moves the position on.
   */
  async *read(filter: LogFilter, from: FeedPosition, signal: AbortSignal): AsyncGenerator<LiveBatch> {
    const stop = AbortSignal.any([signal, this.#closing.signal])
    let position = from
    this.#readers++
    try {
      while (!stop.aborted) {
        const notice = this.#notice
        const entries = await this.#entriesAfter(position)
        const last = entries.at(-1)
        if (!last) {
          await notice.within(this.#pollMs, stop)
          continue
        }
        const rows = await this.#rowsOf(entries, filter, stop)
        const fresh = rows.filter((row) => isAfter(row, position))
        position = { entry: last.id, index: Number.POSITIVE_INFINITY }
        yield { rows: fresh, position }
      }
    } catch (error) {
      if (!stop.aborted) throw error
    } finally {
      this.#readers--
      if (this.#readers === 0) this.#idle?.resolve()
    }
  }

  /** Ends every reader and waits for the reads that were under way. */
  async close(): Promise<void> {
    this.#closing.abort()
    if (this.#readers === 0) return
    this.#idle ??= Promise.withResolvers()
    await this.#idle.promise
  }

  /** Those that wait at the same place are woken together and look once, which also lets them share what they then read. */
  #entriesAfter({ entry, index }: FeedPosition): Promise<FeedEntry[]> {
    const after = Number.isFinite(index) ? entry - 1 : entry
    const known = this.#looks.get(after)
    const since = performance.now()
    if (known && since - known.since < this.#pollMs) return known.entries
    const entries = this.#feed.entriesAfter(after).finally(() => {
      if (this.#looks.get(after) === look) this.#looks.delete(after)
    })
    const look: Look = { entries, since }
    this.#looks.set(after, look)
    return entries
  }

  async #rowsOf(entries: readonly FeedEntry[], filter: LogFilter, stop: AbortSignal): Promise<FeedRow[]> {
    stop.throwIfAborted()
    const key = JSON.stringify([filter, entries[0]?.id, entries.at(-1)?.id])
    const read = this.#shared.get(key) ?? this.#begin(key, entries, filter)
    read.waiting++
    const leave = () => {
      if (--read.waiting === 0) read.end()
    }
    stop.addEventListener('abort', leave, { once: true })
    try {
      return await read.rows
    } finally {
      stop.removeEventListener('abort', leave)
    }
  }

  #begin(key: string, entries: readonly FeedEntry[], filter: LogFilter): SharedRead {
    const ending = new AbortController()
    const forget = () => {
      if (this.#shared.get(key) === read) this.#shared.delete(key)
    }
    const end = () => {
      forget()
      ending.abort()
    }
    const read: SharedRead = { rows: this.#feed.rowsOf(entries, filter, ending.signal), waiting: 0, end }
    read.rows.then(forget, forget)
    this.#shared.set(key, read)
    return read
  }
}

function isAfter(row: FeedRow, position: FeedPosition): boolean {
  return row.feed_id !== position.entry || row.feed_index > position.index
}
