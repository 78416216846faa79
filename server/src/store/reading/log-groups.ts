import { readerFor } from '../database/reader.ts'
import { SqlParameters } from '../database/sql-parameters.ts'
import { comparable, DAY, fromMillis, HOUR, MINUTE, toMillis } from '../database/timestamp.ts'
import { countablePart, dimensionConditions, isUnfiltered, type LogFilter } from '../filter/log-filter.ts'
import { conjuncts } from '../filter/search-tree.ts'
import { MAX_PARTITIONS_A_STATEMENT, type Partition } from '../partitions/partitions.ts'
import type { Order, Position } from './log-rows.ts'
import type { Store } from './store.ts'

/** A half-open stretch of time, [lower, upper), between bounds of partitions or of what the counts know to hold rows. */
export type Group = { lower: string; upper: string }

/** Partitions whose counts are asked for at a time, after those of now and ahead; then all others. */
const CHUNKS = [32, 256, Number.POSITIVE_INFINITY]

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
  for (let index = 0, step = 0; index < partitions.length; step++) {
    const count = step === 0 ? first : (CHUNKS[step - 1] ?? Number.POSITIVE_INFINITY)
    const chunk = partitions.slice(index, index + count)
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

/** How many of them, newest first, it takes to come to the one of now: those made ahead hold nothing yet. */
function firstWithRows(partitions: readonly Partition[]): number {
  const present = fromMillis(Date.now())
  const ahead = partitions.findIndex(({ lower }) => comparable(lower) <= comparable(present))
  return Math.min(Math.max(ahead, 0) + 1, MAX_PARTITIONS_A_STATEMENT)
}

/** Those of the chunk that hold rows, grouped; what lies between two of a group counts too, as it is read with them. */
function* groupsOf(
  chunk: readonly Partition[],
  holding: ReadonlyMap<Partition, Group> | undefined,
  nextSize: () => number,
): Generator<Group> {
  const boundsOf = (partition: Partition) => holding?.get(partition) ?? partition
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
    yield { lower: boundsOf(older).lower, upper: boundsOf(newer).upper }
  }
}

/** The kept counts by how much time of partitions is looked up in them: steps finer than the partitions, but few. */
const LOOKUPS = [
  { table: 'log_counts_minute', step: MINUTE, upTo: 6 * HOUR },
  { table: 'log_counts_hour', step: HOUR, upTo: 20 * DAY },
  { table: 'log_counts_day', step: DAY, upTo: Number.POSITIVE_INFINITY },
] as const

/** Of neighbouring partitions those that the kept counts say may hold matching rows, and where in them. One statement. */
async function holdingRows(
  store: Store,
  filter: LogFilter,
  partitions: readonly Partition[],
): Promise<Map<Partition, Group>> {
  const bounds = partitions.map(({ lower, upper }) => ({ lower: toMillis(lower), upper: toMillis(upper) }))
  const from = Math.min(...bounds.map(({ lower }) => lower))
  const to = Math.max(...bounds.map(({ upper }) => upper))
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
  const { rows } = await readerFor(store.pool, store.signal).query<{ bucket: string }>(
    text,
    parameters.values,
  )
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

/** Whether an index has the rows of the filter side by side, or those of each of its values. */
function hasOneIndex(filter: LogFilter): boolean {
  const { levels, sources, cameras, visibility, exclude_levels, exclude_sources, exclude_cameras, q } = filter
  if (visibility.cameras || visibility.min_level || conjuncts(q).length > 0) return false
  if (exclude_levels || exclude_sources || exclude_cameras) return false
  if ([levels, sources, cameras].filter(Boolean).length > 1) return false
  // INFO and DEBUG are in no index.
  return !levels?.some((level) => level === 'INFO' || level === 'DEBUG')
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
