import type pg from 'pg'
import { SqlParameters } from '../database/sql-parameters.ts'
import { comparable, now } from '../database/timestamp.ts'
import type { Partition } from '../partitions/partition.ts'
import type { Store } from '../reading/store.ts'
import { type Cutoffs, earliestCutoff, goesBefore, latestCutoff } from './retention-policy.ts'

/** The planned removal of a partition or of rows in it. */
export type PlannedRemoval = {
  partition: Partition
  /** Dropped whole, written anew without the rows that go, or thinned in short batches. */
  action: 'drop' | 'rewrite' | 'delete'
  /** Why: rows too old, or too much of everything. */
  reason: 'age' | 'size'
  /** Rows that go. */
  rows: number
  /** Bytes on disk that are given back; rows deleted in batches leave room for others and give back nothing yet. */
  bytes: number
}

/** The removals by the cut-offs and the budget now, oldest first; changes nothing. */
export async function planRemovals(
  store: Store,
  cutoffs: Cutoffs,
  maxBytes: number,
): Promise<PlannedRemoval[]> {
  const partitions = (await store.partitions.list()).toReversed()
  const sizes = await readSizes(store.pool)
  const planned = new Map<string, PlannedRemoval>()
  for (const partition of await dueByAge(store, cutoffs, partitions)) {
    const removal = await planByAge(store.pool, partition, cutoffs, sizes.get(partition.name))
    if (removal) planned.set(partition.name, removal)
  }
  if (maxBytes > 0) await planBySize(store.pool, partitions, sizes, maxBytes, planned)
  return partitions.flatMap((partition) => planned.get(partition.name) ?? [])
}

type Size = { bytes: number; removed_rows: number }

/** Partitions that hold expired rows, as far as the days of the counts show. */
async function dueByAge(
  store: Store,
  cutoffs: Cutoffs,
  partitions: readonly Partition[],
): Promise<Partition[]> {
  const latest = latestCutoff(cutoffs)
  if (latest === null) return []
  const old = partitions.filter(({ lower }) => comparable(lower) < comparable(latest))
  const parameters = new SqlParameters()
  const { rows } = await store.pool.query<{ day: string; next_day: string }>(
    `select distinct day, day + interval '1 day' as next_day
    from (
      select date_trunc('day', bucket) as day, level, source
      from (
        select bucket, level, source, rows from log_counts_day
        union all
        select bucket, level, source, rows from log_counts_pending
      ) counts
      where ${goesBefore(cutoffs, "date_trunc('day', bucket)", parameters)}
      group by 1, 2, 3
      having sum(rows) > 0
    ) due`,
    parameters.values,
  )
  const earliest = earliestCutoff(cutoffs)
  return old.filter(
    ({ lower, upper }) =>
      // A partition that holds nothing any more, but is old enough to go.
      (earliest !== null && comparable(upper) <= comparable(earliest)) ||
      rows.some(
        ({ day, next_day }) =>
          comparable(day) < comparable(upper) && comparable(next_day) > comparable(lower),
      ),
  )
}

async function planByAge(
  pool: pg.Pool,
  partition: Partition,
  cutoffs: Cutoffs,
  { bytes, removed_rows }: Size = { bytes: 0, removed_rows: 0 },
): Promise<PlannedRemoval | undefined> {
  const { held, due } = await countDue(pool, partition, cutoffs)
  const earliest = earliestCutoff(cutoffs)
  if (earliest !== null && comparable(partition.upper) <= comparable(earliest)) {
    return { partition, action: 'drop', reason: 'age', rows: held, bytes }
  }
  if (due === 0) return undefined
  const everHeld = held + removed_rows
  // A partition that soon goes whole is not worth writing anew for what batches left empty in it.
  const isEndedByAge = cutoffs.general !== null && comparable(cutoffs.general) > comparable(partition.lower)
  const counted = isEndedByAge ? due * 3 > held : (due + removed_rows) * 3 > everHeld
  if (!counted) return { partition, action: 'delete', reason: 'age', rows: due, bytes: 0 }
  const share = (due + removed_rows) / everHeld
  return { partition, action: 'rewrite', reason: 'age', rows: due, bytes: Math.round(bytes * share) }
}

/** Whole partitions of the past, oldest first, until the rest fits; the one being written to always stays. */
async function planBySize(
  pool: pg.Pool,
  partitions: readonly Partition[],
  sizes: ReadonlyMap<string, Size>,
  maxBytes: number,
  planned: Map<string, PlannedRemoval>,
): Promise<void> {
  let total = 0
  for (const { name } of partitions) total += (sizes.get(name)?.bytes ?? 0) - (planned.get(name)?.bytes ?? 0)
  const present = comparable(now())
  for (const partition of partitions) {
    if (total <= maxBytes || comparable(partition.upper) > present) return
    const known = planned.get(partition.name)
    if (known?.action === 'drop') continue
    const bytes = sizes.get(partition.name)?.bytes ?? 0
    total -= bytes - (known?.bytes ?? 0)
    const { held } = await countDue(pool, partition, { general: null, levels: {}, sources: {} })
    planned.set(partition.name, { partition, action: 'drop', reason: 'size', rows: held, bytes })
  }
}

/** How many rows a partition holds, and how many of them go. */
async function countDue(
  pool: pg.Pool,
  { lower, upper }: Partition,
  cutoffs: Cutoffs,
): Promise<{ held: number; due: number }> {
  const parameters = new SqlParameters()
  const range = `bucket >= ${parameters.add(lower)}::timestamptz and bucket < ${parameters.add(upper)}::timestamptz`
  const { rows } = await pool.query<{ held: number; due: number }>(
    `select
      coalesce(sum(rows), 0)::bigint as held,
      coalesce(sum(rows) filter (where ${goesBefore(cutoffs, 'bucket', parameters)}), 0)::bigint as due
    from (
      select bucket, level, source, rows from log_counts_minute where ${range}
      union all
      select bucket, level, source, rows from log_counts_pending where ${range}
    ) counts`,
    parameters.values,
  )
  return rows[0] ?? { held: 0, due: 0 }
}

/** Bytes of each partition with indexes and long values, and what was deleted from it since it was written. */
async function readSizes(pool: pg.Pool): Promise<Map<string, Size>> {
  const { rows } = await pool.query<Size & { name: string }>({
    name: 'partition_sizes',
    text: `
      select name, removed_rows, (
          coalesce(pg_total_relation_size(to_regclass(name)), 0)
          + coalesce(pg_total_relation_size(to_regclass(name || '_b')), 0)
        )::bigint as bytes
      from log_partitions
      where detached_at is null`,
  })
  return new Map(rows.map(({ name, ...size }) => [name, size]))
}
