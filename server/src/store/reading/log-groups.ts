import { readerFor } from '../database/reader.ts'
import { SqlParameters } from '../database/sql-parameters.ts'
import { comparable, DAY, fromMillis, HOUR, MINUTE, startOfMonth, toMillis } from '../database/timestamp.ts'
import { countablePart, dimensionConditions, isUnfiltered, type LogFilter } from '../filter/log-filter.ts'
import { conjuncts } from '../filter/search-conditions.ts'
import type { Partition } from '../partitions/partition.ts'
import { MAX_PARTITIONS_A_STATEMENT } from '../partitions/partitions.ts'
import type { Group, Order, Position } from './log-rows.ts'
import type { Store } from './store.ts'

/** Partitions whose counts are asked for at a time, after those of now and ahead, and days these may reach over. */
const CHUNKS = [32, 256]

/**
 * The stretches of time to read one after the other, growing from one partition to sixteen. Where the filter names
 * level, source or camera, times are left out that the kept counts know to hold none of its rows. The counts are read
 * only as far as the caller goes, and not for the newest partition where an index leads to the rows anyway: one of both
 * level and camera would otherwise be looked for among all of the camera's.
 */
export async function* groupsFor(
  store: Store,
  filter: LogFilter,
  order: Order,
  beyond: Position | undefined,
): AsyncGenerator<Group> {
  const start = order === 'oldest' && beyond ? latest(filter.start, beyond.timestamp) : filter.start
  const end = order === 'newest' && beyond ? earliest(filter.end, beyond.timestamp) : filter.end
  const newestFirst = await store.partitions.overlapping(start, end)
  const partitions = order === 'newest' ? newestFirst : newestFirst.toReversed()
  const countable = countablePart(filter)
  const isDense = isUnfiltered(countable)
  const isLed = isDense || hasOneIndex(countable)
  const first = order === 'newest' ? firstWithRows(partitions) : 1
  let size = first
  let mayHold: ReadonlySet<Partition> | undefined
  for (let index = 0, step = 0; index < partitions.length; step++) {
    if (step === 1 && !isDense) mayHold = await ofHoldingMonths(store, countable, partitions.slice(index))
    while (mayHold && index < partitions.length && !mayHold.has(partitions[index] as Partition)) index++
    if (index === partitions.length) return
    const chunk = step === 0 ? partitions.slice(0, first) : chunkFrom(partitions, index, step, mayHold)
    const isAsked = step === 0 ? !isLed : !isDense
    const holding = isAsked ? await holdingRows(store, countable, chunk) : undefined
    for (const group of groupsOf(chunk, holding, () => nextSize())) yield group
    index += chunk.length
  }

  function nextSize(): number {
    const now = size
    size = Math.min(size * 4, MAX_PARTITIONS_A_STATEMENT)
    return now
  }
}

/** The next groups, fewer at the end. */
export async function takeGroups(groups: AsyncGenerator<Group>, count: number): Promise<Group[]> {
  const some: Group[] = []
  while (some.length < count) {
    const next = await groups.next()
    if (next.done) break
    some.push(next.value)
  }
  return some
}

/** As many of them from `index` on as the counts are asked about at a time. */
function chunkFrom(
  partitions: readonly Partition[],
  index: number,
  step: number,
  mayHold: ReadonlySet<Partition> | undefined,
): Partition[] {
  const most = partitions.slice(index, index + (CHUNKS[step - 1] ?? 256))
  const end = most.findIndex(
    (partition, place) =>
      (mayHold && !mayHold.has(partition)) ||
      (place > 0 && spanOf([most[0] as Partition, partition]) > CHUNK_DAYS * DAY),
  )
  return end === -1 ? most : most.slice(0, end)
}

/** How many of them, newest first, it takes to come to the one of now: those made ahead hold nothing yet. */
function firstWithRows(partitions: readonly Partition[]): number {
  const present = fromMillis(Date.now())
  const ahead = partitions.findIndex(({ lower }) => comparable(lower) <= comparable(present))
  return Math.min(Math.max(ahead, 0) + 1, MAX_PARTITIONS_A_STATEMENT)
}

/**
 * The partitions of the chunk that hold rows, grouped; partitions between two of a group count too, as they are read
 * with them.
 */
function* groupsOf(
  chunk: readonly Partition[],
  holding: ReadonlyMap<Partition, Group> | undefined,
  nextSize: () => number,
): Generator<Group> {
  const heldBy = (partition: Partition) => holding?.get(partition) ?? partition
  for (let index = 0; index < chunk.length; ) {
    const first = chunk[index++] as Partition
    if (holding && !holding.has(first)) continue
    const from = index - 1
    const size = nextSize()
    let last = first
    for (let other = chunk[index]; other && index - from < size; other = chunk[++index]) {
      if (!holding || holding.has(other)) last = other
    }
    const [older, newer] = first.lower < last.lower ? [first, last] : [last, first]
    yield { lower: heldBy(older).lower, upper: heldBy(newer).upper }
  }
}

/** Whether an index has the rows of the filter side by side, or those of each of its values. */
function hasOneIndex(filter: LogFilter): boolean {
  const { levels, sources, cameras, visibility, exclude_levels, exclude_sources, exclude_cameras, q } = filter
  if (visibility.cameras || visibility.min_level || conjuncts(q).length > 0) return false
  if (exclude_levels || exclude_sources || exclude_cameras) return false
  if ([levels, sources, cameras].filter(Boolean).length > 1) return false
  // INFO and DEBUG are in no index.
  return !levels?.some((level) => level === 'INFO' || level === 'DEBUG')
}

/** The ends of a range as a filter has them. */
export function range(start: string | undefined, end: string | undefined): Pick<LogFilter, 'start' | 'end'> {
  return { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) }
}

export function latest(a: string | undefined, b: string): string {
  return a !== undefined && comparable(a) > comparable(b) ? a : b
}

export function earliest(a: string | undefined, b: string): string {
  return a !== undefined && comparable(a) < comparable(b) ? a : b
}

// Finds from the kept counts where matching rows are, so that no empty partition is read.

/** Over more days than these, months are asked about first. */
const CHUNK_DAYS = 400

/** The kept counts by how much time of partitions is looked up in them: steps finer than the partitions, but few. */
const LOOKUPS = [
  { table: 'log_counts_minute', step: MINUTE, upTo: 6 * HOUR },
  { table: 'log_counts_hour', step: HOUR, upTo: 20 * DAY },
  { table: 'log_counts_day', step: DAY, upTo: Number.POSITIVE_INFINITY },
] as const

/**
 * Those of the partitions whose months may hold matching rows, as the kept counts know: with years of days, these are
 * looked up only where there is something. Undefined when it is so few days that they are looked up right away.
 */
async function ofHoldingMonths(
  store: Store,
  filter: LogFilter,
  partitions: readonly Partition[],
): Promise<ReadonlySet<Partition> | undefined> {
  if (partitions.length === 0 || spanOf(partitions) <= CHUNK_DAYS * DAY) return undefined
  const { from, to } = boundsOf(partitions)
  const parameters = new SqlParameters()
  const conditions = [
    `bucket >= ${parameters.add(fromMillis(startOfMonth(from)))}::timestamptz`,
    `bucket < ${parameters.add(fromMillis(to))}::timestamptz`,
    ...dimensionConditions(filter, parameters),
  ].join(' and ')
  const text = `
  /* find_months */
  select bucket
  from log_counts_month
  where ${conditions} and rows > 0
  union
  select date_trunc('month', bucket) as bucket
  from log_counts_pending
  where ${conditions}`
  const reader = readerFor(store)
  const { rows } = await reader.query<{ bucket: string }>(text, parameters.values)
  const months = new Set(rows.map(({ bucket }) => toMillis(bucket)))
  return new Set(partitions.filter((partition) => monthsOf(partition).some((month) => months.has(month))))
}

function monthsOf(partition: Partition): number[] {
  const { from, to } = boundsOf([partition])
  const months: number[] = []
  for (let month = startOfMonth(from); month < to; month = startOfMonth(month, 1)) months.push(month)
  return months
}

/** Milliseconds from the lowest to the highest bound. */
function spanOf(partitions: readonly Partition[]): number {
  const { from, to } = boundsOf(partitions)
  return to - from
}

function boundsOf(partitions: readonly Partition[]): { from: number; to: number } {
  return {
    from: partitions.reduce((least, { lower }) => Math.min(least, toMillis(lower)), Number.POSITIVE_INFINITY),
    to: partitions.reduce((most, { upper }) => Math.max(most, toMillis(upper)), Number.NEGATIVE_INFINITY),
  }
}

/**
 * The neighbouring partitions that may hold matching rows according to the kept counts, and where in them. One
 * statement.
 */
async function holdingRows(
  store: Store,
  filter: LogFilter,
  partitions: readonly Partition[],
): Promise<Map<Partition, Group>> {
  const bounds = partitions.map(({ lower, upper }) => ({ lower: toMillis(lower), upper: toMillis(upper) }))
  const { from, to } = boundsOf(partitions)
  const { table, step } = LOOKUPS.find(({ upTo }) => to - from <= upTo) ?? LOOKUPS[2]
  const parameters = new SqlParameters()
  const conditions = [
    `bucket >= ${parameters.add(fromMillis(Math.floor(from / step) * step))}::timestamptz`,
    `bucket < ${parameters.add(fromMillis(to))}::timestamptz`,
    ...dimensionConditions(filter, parameters),
  ].join(' and ')
  const text = `
  /* find_steps */
  select bucket
  from ${table}
  where ${conditions} and rows > 0
  union
  select date_bin('${step / 1000} seconds', bucket, 'epoch') as bucket
  from log_counts_pending
  where ${conditions}
  order by bucket`
  const { rows } = await readerFor(store).query<{ bucket: string }>(text, parameters.values)
  const buckets = rows.map(({ bucket }) => toMillis(bucket))
  const holding = new Map<Partition, Group>()
  for (const [index, partition] of partitions.entries()) {
    const { lower, upper } = bounds[index] as { lower: number; upper: number }
    const first = buckets[countUpTo(buckets, lower - step)]
    const last = buckets[countUpTo(buckets, upper - 1) - 1]
    if (first === undefined || last === undefined || first >= upper) continue
    holding.set(partition, {
      lower: fromMillis(Math.max(lower, first)),
      upper: fromMillis(Math.min(upper, last + step)),
    })
  }
  return holding
}

/** How many of the ascending values are not greater. */
function countUpTo(values: readonly number[], than: number): number {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((values[middle] as number) > than) high = middle
    else low = middle + 1
  }
  return low
}

/** The position before the first row of the group. Ids are positive, so it is the same for both orders' comparisons. */
export function startOf({ lower, upper }: Group, order: Order): Position {
  return { timestamp: order === 'newest' ? upper : lower, id: 0 }
}

/** The position after its last row. */
export function endOf({ lower, upper }: Group, order: Order): Position {
  return { timestamp: order === 'newest' ? lower : upper, id: 0 }
}

/**
 * The results of concurrent work, once all of it has ended: a caller that gets a failure may count on nothing
 * being left of it on the server.
 *
 * @throws the reason of the first that failed
 */
export async function allEnded<T>(running: readonly Promise<T>[]): Promise<T[]> {
  const results: T[] = []
  for (const outcome of await Promise.allSettled(running)) {
    if (outcome.status === 'rejected') throw outcome.reason
    results.push(outcome.value)
  }
  return results
}
