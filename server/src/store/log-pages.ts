import type pg from 'pg'
import { countBySteps, countRows, type Grain } from './counts.ts'
import { isCountable, isUnfiltered, type LogFilter } from './log-filter.ts'
import type { LogRow } from './log-row.ts'
import { countMatches, type Position, readRows } from './log-rows.ts'
import { MAX_PARTITIONS_A_STATEMENT, type Partition, type Partitions } from './partitions.ts'
import { comparable, DAY, fromMillis, HOUR, MINUTE, toMillis } from './timestamp.ts'

export type Store = { pool: pg.Pool; partitions: Partitions }

/** Totals of filters that need the rows themselves are exact up to this many. */
export const EXACT_TOTAL_LIMIT = 10_000

export type Total = { total: number; is_exact: boolean }

/** The newest `limit` rows after the first `offset`. */
export async function readPage(
  store: Store,
  filter: LogFilter,
  offset: number,
  limit: number,
): Promise<LogRow[]> {
  if (offset === 0 || !isCountable(filter)) return walk(store, filter, { order: 'newest', offset, limit })
  const found = await locate(store.pool, filter, offset)
  if (!found) return []
  return walk(store, { ...filter, end: found.end }, { order: 'newest', offset: found.offset, limit })
}

/** The `limit` rows next to a position, older ones newest first or newer ones oldest first. */
export function readBeyond(
  store: Store,
  filter: LogFilter,
  beyond: Position,
  order: 'newest' | 'oldest',
  limit: number,
): Promise<LogRow[]> {
  return walk(store, filter, { order, beyond, offset: 0, limit })
}

/** How many rows match: exact from the kept counts, or counted up to `EXACT_TOTAL_LIMIT`. */
export async function readTotal(store: Store, filter: LogFilter): Promise<Total> {
  if (isCountable(filter)) return { total: await countRows(store.pool, filter), is_exact: true }
  let total = 0
  for (const group of await groupsFor(store, filter, 'newest', undefined)) {
    const limit = EXACT_TOTAL_LIMIT + 1 - total
    total += await countMatches(store.pool, { filter, ...group, limit })
    if (total > EXACT_TOTAL_LIMIT) return { total: EXACT_TOTAL_LIMIT, is_exact: false }
  }
  return { total, is_exact: true }
}

type Walk = { order: 'newest' | 'oldest'; beyond?: Position; offset: number; limit: number }

/**
 * Reads partitions in bounded statements, in order, until there are enough rows. With the whole list in one
 * statement, planning and locking alone would cost more than the answer.
 */
async function walk(
  store: Store,
  filter: LogFilter,
  { order, beyond, offset, limit }: Walk,
): Promise<LogRow[]> {
  const rows: LogRow[] = []
  let skip = offset
  for (const { lower, upper } of await groupsFor(store, filter, order, beyond)) {
    const query = { filter, lower, upper, beyond, order, offset: skip, limit: limit - rows.length }
    const found = await readRows(store.pool, query)
    rows.push(...found)
    if (rows.length >= limit) break
    if (skip > 0) {
      if (found.length > 0) skip = 0
      else skip -= await countMatches(store.pool, { filter, lower, upper, limit: skip })
    }
  }
  return rows
}

type Group = { lower: string; upper: string }

/** The stretches of time to read one after the other, growing from one partition to sixteen. */
async function groupsFor(
  store: Store,
  filter: LogFilter,
  order: 'newest' | 'oldest',
  beyond: Position | undefined,
): Promise<Group[]> {
  const start = order === 'oldest' && beyond ? latest(filter.start, beyond.timestamp) : filter.start
  const end = order === 'newest' && beyond ? earliest(filter.end, beyond.timestamp) : filter.end
  let partitions = await store.partitions.overlapping(start, end)
  if (partitions.length > 2 && isCountable(filter) && !isUnfiltered(filter)) {
    partitions = await holdingRows(store.pool, { ...filter, ...range(start, end) }, partitions)
  }
  if (order === 'oldest') partitions = partitions.toReversed()
  const groups: Group[] = []
  for (
    let index = 0, size = 1;
    index < partitions.length;
    index += size, size = Math.min(size * 4, MAX_PARTITIONS_A_STATEMENT)
  ) {
    const group = partitions.slice(index, index + size)
    const newest = (order === 'newest' ? group[0] : group.at(-1)) as Partition
    const oldest = (order === 'newest' ? group.at(-1) : group[0]) as Partition
    groups.push({ lower: oldest.lower, upper: newest.upper })
  }
  return groups
}

/** Of the partitions those that the kept counts say hold matching rows. */
async function holdingRows(pool: pg.Pool, filter: LogFilter, partitions: Partition[]): Promise<Partition[]> {
  const days = (await countBySteps(pool, filter, 'day')).map(({ bucket }) => toMillis(bucket))
  return partitions.filter((partition) => {
    const lower = toMillis(partition.lower)
    const upper = toMillis(partition.upper)
    return days.some((day) => day < upper && day + DAY > lower)
  })
}

/**
 * Where the row after `offset` others is: the end of the minute that holds it and its offset from there. A plain
 * OFFSET would read all it skips (160 ms a million rows); the kept counts skip whole days, hours and minutes.
 */
async function locate(
  pool: pg.Pool,
  filter: LogFilter,
  offset: number,
): Promise<{ end: string; offset: number } | undefined> {
  let within = filter
  let remaining = offset
  for (const [grain, size] of [
    ['day', DAY],
    ['hour', HOUR],
    ['minute', MINUTE],
  ] as [Grain, number][]) {
    const steps = await countBySteps(pool, within, grain)
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
    const end = earliest(within.end, fromMillis(holding + size - 1).replace('Z', '999Z'))
    within = { ...within, ...range(start, end) }
  }
  return { end: within.end as string, offset: remaining }
}

function range(start: string | undefined, end: string | undefined): Pick<LogFilter, 'start' | 'end'> {
  return { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) }
}

function latest(a: string | undefined, b: string): string {
  return a !== undefined && comparable(a) > comparable(b) ? a : b
}

function earliest(a: string | undefined, b: string): string {
  return a !== undefined && comparable(a) < comparable(b) ? a : b
}
