import { ByteBudget } from '../../byte-budget.ts'
import { currentCaller } from '../../caller.ts'
import { FairPlaces } from '../../fair-places.ts'
import {
  type Feed,
  type FeedEntry,
  type FeedRow,
  type FeedStep,
  LONGEST_STEP_BYTES,
} from '../../store/feed/feed.ts'
import { isCountable, type LogFilter } from '../../store/filter/log-filter.ts'
import { Turns } from '../turns.ts'

/** A place in the feed: rows up to index `index` of entry `entry` were seen; the whole entry when it is Infinity. */
export type FeedPosition = { entry: number; index: number }

/** Somebody who follows the feed, and holds rows only while they are taken. */
export type FeedReader = {
  /** Resolves when the reader can take rows; none are read for it before. At once when unset. */
  ready?: () => Promise<void>
  /**
   * Takes matching rows in the order of commits, each once; without rows the position moves on.
   *
   * @returns how far it got: `next`, the position after these rows, or the position after one of them. The rest is read
   * again when it is ready.
   */
  take: (rows: readonly FeedRow[], next: FeedPosition) => FeedPosition
  /** The database has not reached the reader's position: an older backup was restored. Reading goes on from here. */
  reset?: (position: FeedPosition) => void
}

/** Readers look this often though no notice came: a notice is a hint and may be lost. */
const POLL_MS = 2000

/** Text of the rows that are being read for all readers: twelve steps of the longest rows. */
const READING_BYTES = 16 * 1024 * 1024

/** Text of all streams that their clients have not taken, and what one caller's streams may have of it. */
const UNREAD_BYTES = 32 * 1024 * 1024
const UNREAD_BYTES_OF_ONE = 16 * 1024 * 1024

/** Reads that compare text may take seconds each; others find room beside them. */
const SHARE_BYTES = 10 * 1024 * 1024

/** Reads that compare text, begun or waiting for room; a third of them for one caller. */
const MAX_TEXT_READS = 9

/** How long a reader waits for what another caller's reader asked first, before it asks itself. */
const OTHERS_READ_MS = 100

/**
 * A read that several readers wait for; ended when none of them waits any more, and not kept: rows deleted, masked or
 * brought back since are so for later readers.
 */
type SharedRead = { step: Promise<FeedStep>; isOver: Turns; caller: string; waiting: number; end: () => void }

/** Since when (`performance.now()`): a read that takes longer than a poll may be on a connection that fell silent. */
type Look = { seen: Promise<Seen>; since: number }

/** Entries after a position; without any, the newest that the database has. */
type Seen = { entries: FeedEntry[]; head: number }

export type LiveFeedOptions = { feed: Feed; pollMs?: number }

/** The feed for many readers at once: one look at the database serves all that ask the same. */
export class LiveFeed {
  /** Rows on their way from the database. Text made of them is the reader's to count. */
  readonly budget = new ByteBudget('feed', READING_BYTES, SHARE_BYTES)
  /** Text made of rows that clients have not read yet. */
  readonly unread = new ByteBudget('streams', UNREAD_BYTES, UNREAD_BYTES_OF_ONE)
  readonly #feed: Feed
  readonly #pollMs: number
  readonly #shared = new Map<string, SharedRead>()
  readonly #textReads = new FairPlaces(MAX_TEXT_READS)
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

  /** Informs the readers that there may be new rows. */
  notify(): void {
    // A current read may have been too early to see it.
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
   * Hands a reader the rows committed after the position until the signal aborts or the feed closes. A reader that takes
   * its time holds nothing but its position.
   */
  async follow(
    filter: LogFilter,
    from: FeedPosition,
    reader: FeedReader,
    signal: AbortSignal,
  ): Promise<void> {
    const stop = AbortSignal.any([signal, this.#closing.signal])
    let position = from
    this.#readers++
    try {
      while (!stop.aborted) {
        await reader.ready?.()
        const notice = this.#notice
        const { entries, head } = await this.#entriesAfter(position)
        if (entries.length > 0) position = await this.#hand(reader, entries, position, filter, stop)
        else if (head < position.entry) {
          position = { entry: head, index: Number.POSITIVE_INFINITY }
          reader.reset?.(position)
        } else await notice.within(this.#pollMs, stop)
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
  #entriesAfter({ entry, index }: FeedPosition): Promise<Seen> {
    const after = Number.isFinite(index) ? entry - 1 : entry
    const known = this.#looks.get(after)
    const since = performance.now()
    if (known && since - known.since < this.#pollMs) return known.seen
    const seen = this.#look(after).finally(() => {
      if (this.#looks.get(after) === look) this.#looks.delete(after)
    })
    const look: Look = { seen, since }
    this.#looks.set(after, look)
    return seen
  }

  async #look(after: number): Promise<Seen> {
    const entries = await this.#feed.entriesAfter(after)
    return { entries, head: entries.at(-1)?.id ?? (await this.#feed.head()) }
  }

  /** Reads the next rows and hands them over; returns how far the reader got. */
  async #hand(
    reader: FeedReader,
    entries: readonly FeedEntry[],
    position: FeedPosition,
    filter: LogFilter,
    stop: AbortSignal,
  ): Promise<FeedPosition> {
    const { rows, isCut } = await this.#stepAfter(position, entries, filter, stop)
    const last = isCut ? rows.at(-1) : undefined
    const end = { entry: entries.at(-1)?.id ?? position.entry, index: Number.POSITIVE_INFINITY }
    return reader.take(rows, last ? positionAfter(last) : end)
  }

  async #stepAfter(
    { entry, index }: FeedPosition,
    entries: readonly FeedEntry[],
    filter: LogFilter,
    stop: AbortSignal,
  ): Promise<FeedStep> {
    stop.throwIfAborted()
    const after = entries[0]?.id === entry ? index : -1
    const key = JSON.stringify([filter, entries[0]?.id, after, entries.at(-1)?.id])
    const begin = (under: string) => this.#begin(under, entries, after, filter)
    const read = this.#shared.get(key) ?? begin(key)
    const caller = currentCaller()?.id ?? ''
    const joined = [read]
    const leave = () => {
      for (const one of joined) if (--one.waiting === 0) one.end()
    }
    read.waiting++
    stop.addEventListener('abort', leave, { once: true })
    try {
      // It may wait for its turn among all that its own caller looks for.
      if (read.caller !== caller && !(await read.isOver.within(OTHERS_READ_MS, stop)) && !stop.aborted) {
        const ownKey = `${caller} ${key}`
        const own = this.#shared.get(ownKey) ?? begin(ownKey)
        own.waiting++
        joined.push(own)
      }
      return await Promise.any(joined.map(({ step }) => step))
    } catch (error) {
      throw error instanceof AggregateError ? error.errors[0] : error
    } finally {
      stop.removeEventListener('abort', leave)
      if (joined.length > 1 && !stop.aborted) leave()
    }
  }

  #begin(key: string, entries: readonly FeedEntry[], after: number, filter: LogFilter): SharedRead {
    const ending = new AbortController()
    const forget = () => {
      if (this.#shared.get(key) === read) this.#shared.delete(key)
    }
    const end = () => {
      forget()
      ending.abort()
    }
    const step = this.#read(entries, after, filter, ending.signal)
    const caller = currentCaller()?.id ?? ''
    const read: SharedRead = { step, isOver: new Turns(step), caller, waiting: 0, end }
    step.then(forget, forget)
    this.#shared.set(key, read)
    return read
  }

  async #read(
    entries: readonly FeedEntry[],
    after: number,
    filter: LogFilter,
    signal: AbortSignal,
  ): Promise<FeedStep> {
    const comparesText = !isCountable(filter)
    const holder = comparesText ? 'text' : 'plain'
    // Those of one caller may all wait for connections: they must not hold all the room meanwhile.
    const giveBack = comparesText ? await this.#textReads.take(currentCaller(), signal) : undefined
    try {
      await this.budget.wait(holder, LONGEST_STEP_BYTES, signal)
      try {
        return await this.#feed.rowsOf(entries, filter, { after, signal })
      } finally {
        this.budget.give(holder, LONGEST_STEP_BYTES)
      }
    } finally {
      giveBack?.()
    }
  }
}

export function positionAfter(row: FeedRow): FeedPosition {
  return { entry: row.feed_id, index: row.feed_index }
}
