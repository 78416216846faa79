import { countBySteps } from './counts.ts'
import { countablePart, isUnfiltered, type LogFilter } from './log-filter.ts'
import type { Order, Position } from './log-rows.ts'
import { MAX_PARTITIONS_A_STATEMENT, type Partition } from './partitions.ts'
import { readerFor } from './reader.ts'
import type { Store } from './store.ts'
import { comparable, DAY, toMillis } from './timestamp.ts'

/** A half-open stretch of time, [lower, upper), between bounds of partitions. */
export type Group = { lower: string; upper: string }

/**
 * The stretches of time to read one after the other, growing from one partition to sixteen. Where the filter names
 * level, source or camera, partitions are left out that the kept counts know to hold none of its rows.
 */
export async function groupsFor(
  store: Store,
  filter: LogFilter,
  order: Order,
  beyond: Position | undefined,
): Promise<Group[]> {
  const start = order === 'oldest' && beyond ? latest(filter.start, beyond.timestamp) : filter.start
  const end = order === 'newest' && beyond ? earliest(filter.end, beyond.timestamp) : filter.end
  let partitions = await store.partitions.overlapping(start, end)
  const countable = countablePart(filter)
  if (partitions.length > 2 && !isUnfiltered(countable)) {
    partitions = await holdingRows(store, { ...countable, ...range(start, end) }, partitions)
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
async function holdingRows(store: Store, filter: LogFilter, partitions: Partition[]): Promise<Partition[]> {
  const steps = await countBySteps(readerFor(store.pool, store.signal), filter, 'day')
  const days = steps.map(({ bucket }) => toMillis(bucket))
  return partitions.filter((partition) => {
    const lower = toMillis(partition.lower)
    const upper = toMillis(partition.upper)
    return days.some((day) => day < upper && day + DAY > lower)
  })
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
