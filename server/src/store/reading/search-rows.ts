import { type GrowingRoom, isTimeout, type LogRow, queryWithin } from '../database/reader.ts'
import { comparable, fromMillis, maximum, minimum, toMillis } from '../database/timestamp.ts'
import type { LogFilter } from '../filter/log-filter.ts'
import { allEnded, endOf, groupsFor, startOf, takeGroups } from './log-groups.ts'
import {
  countMatches,
  type Group,
  type MeasuredRow,
  type Order,
  type Position,
  placeWithin,
  type RowsRange,
  type ScannedRow,
  scanStatement,
  setStatement,
  toLogRow,
} from './log-rows.ts'
import { SearchPlan } from './search-plan.ts'
import type { Store } from './store.ts'

/**
 * How long a search scans before it answers with what it has: as long as somebody waits without reaching for the
 * mouse. Longer only holds connections that others need.
 */
export const SEARCH_BUDGET_MS = 5000

/** With less time left than this no further statement is begun. */
const MIN_STATEMENT_MS = 10

/**
 * The share of the remaining time that a scan may take: four scans that were too long leave a third of it for ever
 * shorter ones.
 */
const SCAN_SHARE = 0.25

/** A lookup in an index that takes longer has met a word that is not rare after all. */
const MAX_INDEX_MS = 2000

/**
 * Lookups side by side. Where there are hundreds of partitions, most of the time of each is planning, on one core of
 * PostgreSQL; each is short, so that others get their connections in between.
 */
const LOOKUPS_AT_ONCE = 4

export type Slice = {
  order: Order
  beyond?: Position | undefined
  offset: number
  limit: number
  /** See `RowsQuery`. */
  maxBytes?: number | undefined
  /** Room for the rows of a search, which grows up to that of `maxBytes`. */
  room?: GrowingRoom | undefined
}

/** The result of a search. */
export type Found = {
  rows: LogRow[]
  /** Where the time was over; everything before it, in the order read, was searched. Null when it was not over. */
  stoppedAt: Position | null
  /** How many rows match from the start of the slice's range on: known when the whole range was searched. */
  matched: number | undefined
  /** The share of rows that match, among those looked at one by one. */
  density: number | undefined
  /** Whether the rows end where they are, before the limit, for their length. */
  isCut: boolean
}

/** A search ran out of time where only the whole answer would have been one. */
export class SearchTooLong extends Error {
  constructor() {
    super('the search exceeded its time limit')
    this.name = 'SearchTooLong'
  }
}

/** Rows of a filter that only rows can answer, in order, within the time a search may take. */
export function searchRows(store: Store, filter: LogFilter, slice: Slice): Promise<Found> {
  return new Search(store, filter, slice).run()
}

class Search {
  readonly #store: Store
  readonly #filter: LogFilter
  readonly #slice: Slice
  readonly #plan: SearchPlan
  readonly #deadline: number
  readonly #rows: LogRow[] = []
  /** Bytes that rows may still bring. */
  #left: number | undefined
  /** The same, before the room has to grow. */
  #leftInRoom: number
  #isCut = false
  #skip: number
  /** Up to here everything was searched. */
  #edge: Position | undefined
  /** Milliseconds of log time the next scan reaches over at most. */
  #span = Number.POSITIVE_INFINITY

  constructor(store: Store, filter: LogFilter, slice: Slice) {
    this.#store = store
    this.#filter = filter
    this.#slice = slice
    this.#plan = new SearchPlan(filter)
    this.#deadline = performance.now() + (store.searchBudgetMs ?? SEARCH_BUDGET_MS)
    this.#skip = slice.offset
    this.#left = slice.maxBytes
    this.#leftInRoom = slice.room?.bytes ?? Number.POSITIVE_INFINITY
    this.#edge = slice.beyond
  }

  async run(): Promise<Found> {
    const { order, beyond, limit, offset } = this.#slice
    const groups = groupsFor(this.#store, this.#filter, order, beyond)
    try {
      for (let some = await this.#take(groups); some.length > 0; some = await this.#take(groups)) {
        const lookedUp = some.length > 1 ? await this.#lookUpEach(some) : []
        for (const [index, group] of some.entries()) {
          // The first group may begin far beyond the filter's end: scans that find nothing there would take the time.
          this.#edge = this.#later(this.#edge, placeWithin(this.#filter, startOf(group, order)))
          const outcome = (await this.#add(lookedUp[index])) ?? (await this.#readGroup(group))
          if (outcome === 'full') return this.#found(undefined, null)
          if (outcome === 'stopped') return this.#found(undefined, this.#edge as Position)
        }
      }
    } finally {
      await groups.return(undefined)
    }
    const matched = beyond ? undefined : offset - this.#skip + this.#rows.length
    return this.#found(limit > 0 ? matched : undefined, null)
  }

  #found(matched: number | undefined, edge: Position | null): Found {
    // Stretches of time reach beyond what was asked, to the ends of their partitions.
    const stoppedAt = edge && placeWithin(this.#filter, edge)
    return { rows: this.#rows, stoppedAt, matched, density: this.#plan.density, isCut: this.#isCut }
  }

  /** Takes the groups to read next: one group, or several where an index leads to the few rows of each. */
  #take(groups: AsyncGenerator<Group>): Promise<Group[]> {
    const isRare = this.#skip === 0 && this.#plan.prefersIndex(this.#wanted)
    return takeGroups(groups, isRare ? LOOKUPS_AT_ONCE : 1)
  }

  /** The matches of each group, as many as are wanted; undefined where that took too long. */
  async #lookUpEach(groups: readonly Group[]): Promise<(LookedUp | undefined)[]> {
    const remaining = this.#deadline - performance.now()
    if (remaining < MIN_STATEMENT_MS) return []
    const maxBytes = this.#mostBytes && Math.floor(this.#mostBytes / groups.length)
    const timeoutMs = Math.min(remaining / 2, MAX_INDEX_MS)
    return allEnded(
      groups.map(async (group) => {
        const query = { ...this.#range(group), offset: 0, limit: this.#wanted, maxBytes }
        try {
          const rows = await this.#query<MeasuredRow>(setStatement(query), timeoutMs)
          return { rows, isCut: isLonger(rows.at(-1), maxBytes) }
        } catch (error) {
          if (!isTimeout(error)) throw error
          this.#plan.avoidIndex()
          return undefined
        }
      }),
    )
  }

  /** Undefined when the group has to be read, or read on. */
  async #add(found: LookedUp | undefined): Promise<'full' | 'done' | undefined> {
    if (found === undefined) return undefined
    this.#keep(found.rows.slice(0, this.#wanted))
    if (this.#isFull) return 'full'
    if (!found.isCut) return 'done'
    await this.#goOnAfter(found.rows.at(-1) as LogRow)
    return undefined
  }

  async #goOnAfter({ timestamp, id }: LogRow): Promise<void> {
    this.#edge = { timestamp, id }
    if (this.#leftInRoom >= 0 || this.#isFull) return
    await this.#slice.room?.grow()
    this.#leftInRoom = Number.POSITIVE_INFINITY
  }

  /** Bytes that the rows of the next statement may have. */
  get #mostBytes(): number | undefined {
    return this.#left && Math.min(this.#left, Math.max(this.#leftInRoom, 0))
  }

  /** Adds rows that follow each other, and what they weigh. */
  #keep(rows: readonly MeasuredRow[], last = rows.at(-1)): void {
    for (const { bytes: _, ...row } of rows) this.#rows.push(row)
    if (this.#left === undefined || last?.bytes === undefined) return
    this.#left -= last.bytes
    this.#leftInRoom -= last.bytes
    this.#isCut = this.#left < 0 && this.#rows.length < this.#slice.limit
  }

  get #isFull(): boolean {
    return this.#isCut || this.#rows.length >= this.#slice.limit
  }

  async #readGroup(group: Group): Promise<'full' | 'stopped' | 'done'> {
    for (;;) {
      const remaining = this.#deadline - performance.now()
      if (remaining < MIN_STATEMENT_MS) return 'stopped'
      try {
        const isDone = this.#plan.prefersIndex(this.#wanted)
          ? await this.#lookUp(group, Math.min(remaining / 2, MAX_INDEX_MS))
          : await this.#scan(group, Math.max(remaining * SCAN_SHARE, MIN_STATEMENT_MS))
        if (this.#isFull) return 'full'
        if (isDone) return 'done'
      } catch (error) {
        if (!isTimeout(error)) throw error
      }
    }
  }

  get #wanted(): number {
    return this.#skip + this.#slice.limit - this.#rows.length
  }

  /** All of the group's remaining matches at once. */
  async #lookUp(group: Group, timeoutMs: number): Promise<boolean> {
    try {
      const query = {
        ...this.#range(group),
        offset: this.#skip,
        limit: this.#slice.limit - this.#rows.length,
        maxBytes: this.#mostBytes,
      }
      const found = await this.#query<MeasuredRow>(setStatement(query), timeoutMs)
      await this.#skipped(this.#range(group), found.length, timeoutMs)
      this.#keep(found)
      const last = found.at(-1)
      if (!isLonger(last, query.maxBytes)) return true
      await this.#goOnAfter(last as LogRow)
      return false
    } catch (error) {
      if (isTimeout(error)) this.#plan.avoidIndex()
      throw error
    }
  }

  /** The next rows of the group; true when they were its last. */
  async #scan(group: Group, timeoutMs: number): Promise<boolean> {
    const part = this.#partOf(group)
    const lookAt = this.#plan.lookAt(this.#wanted)
    const limit = this.#slice.limit - this.#rows.length
    const maxBytes = this.#mostBytes
    const began = performance.now()
    let scanned: ScannedRow[]
    try {
      const query = { ...this.#range(part), lookAt, offset: this.#skip, limit, maxBytes }
      scanned = await this.#query<ScannedRow>(scanStatement(query), timeoutMs)
    } catch (error) {
      if (isTimeout(error)) this.#shrink(part)
      throw error
    }
    const last = scanned.at(-1)
    if (last) this.#plan.learn(last.looked_at, last.matched, performance.now() - began)
    const matches = scanned.filter((row) => row.is_match && row.matched > this.#skip).slice(0, limit)
    const isCutShort = last?.looked_at === lookAt || isLonger(last, maxBytes)
    if (!isCutShort) await this.#skipped(this.#range(part), matches.length, timeoutMs)
    else if (matches.length === 0) this.#skip -= last?.matched ?? 0
    else this.#skip = 0
    this.#keep(matches.map(toLogRow), last)
    // The rows behind were not looked at.
    if (this.#isCut) return false
    if (isCutShort) {
      await this.#goOnAfter(last as LogRow)
      return false
    }
    this.#edge = endOf(part, this.#slice.order)
    this.#span *= 4
    return part.lower === group.lower && part.upper === group.upper
  }

  /** Subtracts the skipped rows of a range that was read to its end. */
  async #skipped(range: RowsRange, found: number, timeoutMs: number): Promise<void> {
    if (this.#skip === 0) return
    if (found > 0) this.#skip = 0
    else {
      const reader = {
        query: <R extends object>(text: string, values?: unknown[]) =>
          this.#query<R>({ text, values: values ?? [] }, timeoutMs).then((rows) => ({ rows })),
      }
      this.#skip -= await countMatches(reader, { ...range, limit: this.#skip })
    }
  }

  #range({ lower, upper }: Group): RowsRange {
    return { filter: this.#filter, lower, upper, beyond: this.#edge, order: this.#slice.order }
  }

  /** The range of the next scan: the group from the edge on, or less of it after a scan took too long. */
  #partOf({ lower, upper }: Group): Group {
    if (!Number.isFinite(this.#span) || !this.#edge) return { lower, upper }
    const edge = toMillis(this.#edge.timestamp)
    if (this.#slice.order === 'newest') {
      return { lower: maximum(lower, fromMillis(Math.floor(edge - this.#span))), upper }
    }
    return { lower, upper: minimum(upper, fromMillis(Math.ceil(edge + 1 + this.#span))) }
  }

  #shrink({ lower, upper }: Group): void {
    this.#plan.shrink()
    const edge = toMillis((this.#edge as Position).timestamp)
    const span = this.#slice.order === 'newest' ? edge - toMillis(lower) : toMillis(upper) - edge
    this.#span = Math.max(span / 16, 1)
  }

  #later(a: Position | undefined, b: Position): Position {
    if (!a) return b
    const isFurther = comparable(a.timestamp) < comparable(b.timestamp)
    return isFurther === (this.#slice.order === 'newest') ? a : b
  }

  async #query<R extends object>(
    statement: { text: string; values: unknown[] },
    timeoutMs: number,
  ): Promise<R[]> {
    const limits = { signal: this.#store.signal, timeoutMs }
    return (await queryWithin<R>(this.#store.pool, statement.text, statement.values, limits)).rows
  }
}

/** The first matches of a group, and whether more were left out for their length. */
type LookedUp = { rows: MeasuredRow[]; isCut: boolean }

/** Whether rows up to this one are longer than they may be: there may be more behind it. */
function isLonger(last: MeasuredRow | undefined, maxBytes: number | undefined): boolean {
  return last?.bytes !== undefined && maxBytes !== undefined && last.bytes > maxBytes
}
