import { countBySteps, countRows, type Grain } from '../counts/counts.ts'
import {
  isTimeout,
  type LogRow,
  type MeasuredRows,
  PAGE_BYTES,
  queryWithin,
  type Reader,
  readerFor,
} from '../database/reader.ts'
import { DAY, fromMillis, HOUR, MINUTE, startOfMonth, toMillis } from '../database/timestamp.ts'
import { countablePart, isCountable, type LogFilter } from '../filter/log-filter.ts'
import { allEnded, earliest, groupsFor, latest, range, takeGroups } from './log-groups.ts'
import { countMatches, type Group, type Order, type Position, readRows } from './log-rows.ts'
import { type Found, SEARCH_BUDGET_MS, SearchTooLong, type Slice, searchRows } from './search-rows.ts'
import type { Store } from './store.ts'

/** Totals of filters that need the rows themselves are exact up to this many. */
const EXACT_TOTAL_LIMIT = 10_000

/** How long a page waits for the total of a search, after its rows are there. */
const PAGE_TOTAL_BUDGET_MS = 100

/** Rows, and whether more of them were left out for their length. */
export type Cut = Pick<MeasuredRows, 'rows' | 'isCut'>

/** A number of rows, or the least it is. */
export type Total = { total: number; is_exact: boolean }

export type Page = {
  rows: LogRow[]
  /** The last place searched, when the time a search may take was over before the page was full or the range read. */
  stopped_at: Position | null
  /** Whether there are more rows that were left out for their length. */
  is_cut: boolean
  total: Total
}

/** The part of the matching rows to read: a number of rows after an offset, or next to a position. */
export type LogSlice =
  | { offset: number; limit: number }
  | { beyond: Position; order: 'newest' | 'oldest'; limit: number }

/** Matching rows in order with their total; a search whose time is over, or a page whose lines are long, ends with what it has and says so. */
export function readLogPage(store: Store, filter: LogFilter, slice: LogSlice): Promise<Page> {
  return inRoom(store, filter, slice, (range) => readPageWithTotal(store, filter, range))
}

/** Rows of a page without their total. */
export function readLogSlice(store: Store, filter: LogFilter, slice: LogSlice): Promise<Cut> {
  return inRoom(store, filter, slice, (range) => readSlice(store, filter, range))
}

function inRoom<T>(
  { pageRoom, signal }: Store,
  filter: LogFilter,
  slice: LogSlice,
  read: (range: Slice) => Promise<T>,
): Promise<T> {
  const place = 'beyond' in slice ? { ...slice, offset: 0 } : { ...slice, order: 'newest' as const }
  const range = { ...place, maxBytes: PAGE_BYTES }
  if (!pageRoom) return read(range)
  if (isCountable(filter)) return pageRoom.readPlain(range.limit, signal, () => read(range))
  return pageRoom.readText(range.limit, signal, (room) => read({ ...range, room }))
}

/**
 * A slice of the matching rows and how many there are in all: exact where the kept counts know, where the slice held
 * all of them, and up to 10,000 where an index finds them soon; "at least" otherwise.
 */
async function readPageWithTotal(store: Store, filter: LogFilter, slice: Slice): Promise<Page> {
  if (isCountable(filter)) {
    const [found, total] = await Promise.all([readSlice(store, filter, slice), readTotal(store, filter)])
    return { rows: found.rows, stopped_at: null, is_cut: found.isCut, total }
  }
  const found = await searchRows(store, filter, slice)
  const total = await totalOf(store, filter, found, slice)
  return { rows: found.rows, stopped_at: found.stoppedAt, is_cut: found.isCut, total }
}

async function totalOf(store: Store, filter: LogFilter, found: Found, slice: Slice): Promise<Total> {
  if (found.matched !== undefined) return { total: found.matched, is_exact: true }
  const seen = { total: found.rows.length > 0 ? slice.offset + found.rows.length : 0, is_exact: false }
  if (found.stoppedAt) return seen
  // Counting ten thousand of a common word would take fifty times as long as finding the hundred of the page.
  const candidates = await countRows(readerFor(store), countablePart(filter))
  if (candidates * (found.density ?? 0) > EXACT_TOTAL_LIMIT) return seen
  const counted = await countSearch(store, filter, store.pageTotalBudgetMs ?? PAGE_TOTAL_BUDGET_MS)
  return counted.total < seen.total ? seen : counted
}

/** The newest `limit` rows after the first `offset`. */
export async function readPage(
  store: Store,
  filter: LogFilter,
  offset: number,
  limit: number,
): Promise<LogRow[]> {
  return (await readSlice(store, filter, { order: 'newest', offset, limit })).rows
}

/** The `limit` rows next to a position, older ones newest first or newer ones oldest first. */
export async function readBeyond(
  store: Store,
  filter: LogFilter,
  beyond: Position,
  order: Order,
  limit: number,
): Promise<LogRow[]> {
  return (await readSlice(store, filter, { order, beyond, offset: 0, limit })).rows
}

/** @throws {SearchTooLong} when a search had to stop before the slice was complete */
async function readSlice(store: Store, filter: LogFilter, slice: Slice): Promise<Cut> {
  if (!isCountable(filter)) {
    const { rows, stoppedAt, isCut } = await searchRows(store, filter, slice)
    if (stoppedAt) throw new SearchTooLong()
    return { rows, isCut }
  }
  if (slice.offset === 0) return walk(store, filter, slice)
  const found = await locate(readerFor(store), filter, slice.offset)
  if (!found) return { rows: [], isCut: false }
  return walk(store, { ...filter, end: found.end }, { ...slice, offset: found.offset })
}

/** How many rows match: exact from the kept counts, or counted up to `EXACT_TOTAL_LIMIT` within the time of a search. */
export async function readTotal(store: Store, filter: LogFilter): Promise<Total> {
  if (!isCountable(filter)) return countSearch(store, filter, store.searchBudgetMs ?? SEARCH_BUDGET_MS)
  return { total: await countRows(readerFor(store), filter), is_exact: true }
}

/** Counts the rows themselves, newest partitions first, until there are too many or the time is over. */
async function countSearch(store: Store, filter: LogFilter, budgetMs: number): Promise<Total> {
  const deadline = performance.now() + budgetMs
  const reader: Reader = {
    query: (text, values) =>
      queryWithin(store.pool, text, values ?? [], {
        signal: store.signal,
        timeoutMs: deadline - performance.now(),
      }),
  }
  let total = 0
  try {
    for await (const group of groupsFor(store, filter, 'newest', undefined)) {
      if (performance.now() >= deadline) return { total, is_exact: false }
      total += await countMatches(reader, { filter, ...group, limit: EXACT_TOTAL_LIMIT + 1 - total })
      if (total > EXACT_TOTAL_LIMIT) return { total: EXACT_TOTAL_LIMIT, is_exact: false }
    }
  } catch (error) {
    if (!isTimeout(error)) throw error
    return { total, is_exact: false }
  }
  return { total, is_exact: true }
}

/** Groups read side by side once the first groups had few rows: for sparse rows, most of the time is planning. */
const GROUPS_AT_ONCE = 4

/** One partition and then four, as they are: most pages are full by then. */
const GROUPS_ONE_BY_ONE = 2

/**
 * Reads partitions in bounded statements, in order, until there are enough rows. With the whole list in one
 * statement, planning and locking alone would cost more than the answer.
 */
async function walk(
  store: Store,
  filter: LogFilter,
  { order, beyond, offset, limit, maxBytes }: Slice,
): Promise<Cut> {
  const reader = readerFor(store)
  const rows: LogRow[] = []
  const groups = groupsFor(store, filter, order, beyond)
  let skip = offset
  let left = maxBytes
  let isCut = false
  try {
    for (let step = 0; rows.length < limit && !isCut; step++) {
      const isSparse = step >= GROUPS_ONE_BY_ONE && skip === 0
      const some = await takeGroups(groups, isSparse ? GROUPS_AT_ONCE : 1)
      if (some.length === 0) break
      const wanted = limit - rows.length
      const found = await allEnded(
        some.map(({ lower, upper }) =>
          readRows(reader, {
            filter,
            lower,
            upper,
            beyond,
            order,
            offset: skip,
            limit: wanted,
            maxBytes: left,
          }),
        ),
      )
      for (const part of found) {
        if (isCut || rows.length >= limit) break
        rows.push(...part.rows.slice(0, limit - rows.length))
        if (left === undefined) continue
        left -= part.bytes
        isCut = left < 0 && rows.length < limit
      }
      if (skip > 0) {
        if (rows.length > 0) skip = 0
        else skip -= await countMatches(reader, { filter, ...(some[0] as Group), limit: skip })
      }
    }
  } finally {
    await groups.return(undefined)
  }
  return { rows, isCut }
}

/**
 * Where the row after `offset` others is: the end of the minute that holds it and its offset from there. A plain
 * OFFSET would read all it skips (160 ms a million rows); the kept counts skip whole months, days, hours and minutes.
 */
async function locate(
  reader: Reader,
  filter: LogFilter,
  offset: number,
): Promise<{ end: string; offset: number } | undefined> {
  let within = filter
  let remaining = offset
  for (const [grain, size] of [
    ['month', undefined],
    ['day', DAY],
    ['hour', HOUR],
    ['minute', MINUTE],
  ] as [Grain, number | undefined][]) {
    const steps = await countBySteps(reader, within, grain)
    let holding: number | undefined
    for (const { bucket, rows } of steps) {
      if (remaining < rows) {
        holding = toMillis(bucket)
        break
      }
      remaining -= rows
    }
    if (holding === undefined) return undefined
    const start = latest(within.start, fromMillis(holding))
    // The last microsecond of the step: ranges are inclusive.
    const next = size === undefined ? startOfMonth(holding, 1) : holding + size
    const end = earliest(within.end, fromMillis(next - 1).replace('Z', '999Z'))
    within = { ...within, ...range(start, end) }
  }
  return { end: within.end as string, offset: remaining }
}
