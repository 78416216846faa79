// Finds from the kept counts where matching rows are, so that no empty partition is read.
import { readerFor } from '../database/reader.ts'
import { SqlParameters } from '../database/sql-parameters.ts'
import { DAY, fromMillis, HOUR, MINUTE, startOfMonth, toMillis } from '../database/timestamp.ts'
import { dimensionConditions, type LogFilter } from '../filter/log-filter.ts'
import type { Partition } from '../partitions/partition.ts'
import type { Store } from './store.ts'

/** A half-open stretch of time, [lower, upper), between bounds of partitions or of what the counts know to hold rows. */
export type Group = { lower: string; upper: string }

/** Over more days than these, months are asked about first. */
export const CHUNK_DAYS = 400

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
export async function ofHoldingMonths(
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
  const reader = readerFor(store.pool, store.signal)
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
export function spanOf(partitions: readonly Partition[]): number {
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
export async function holdingRows(
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
