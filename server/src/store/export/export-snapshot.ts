import type pg from 'pg'
import { countRows } from '../counts/counts.ts'
import { withFallback } from '../database/fallback.ts'
import { SqlParameters } from '../database/sql-parameters.ts'
import { inTransaction } from '../database/transaction.ts'
import { isCountable, type LogFilter } from '../filter/log-filter.ts'
import type { Moment } from '../reading/chunk-statement.ts'
import { earliest } from '../reading/log-groups.ts'
import { readPage, readTotal, type Total } from '../reading/log-pages.ts'
import type { Store } from '../reading/store.ts'
import { BLOCK } from '../writing/id-blocks.ts'

/** How long the total of a search may be counted before an export begins. */
const COUNT_BUDGET_MS = 1000

/** The content of an export: everything that was committed at an instant, identified by feed position and id alone. */
export type ExportSnapshot = Moment & {
  total: Total
  asked: LogFilter
  /** The requested filter, ending at the newest row of that instant. */
  filter: LogFilter
  /** The partitions of the range at that instant, so that a removal shows. */
  partitions: readonly PartitionMark[]
}

type PartitionMark = { name: string; table: number; removed_rows: number }

/**
 * Where an export begins. No transaction stays open: it would keep retention waiting, and dead rows from being
 * cleaned up, for as long as a client takes to read.
 */
export async function takeSnapshot(store: Store, asked: LogFilter): Promise<ExportSnapshot> {
  store.partitions.reload()
  const taken = await withFallback(store.pool, store.signal, (pool) =>
    inTransaction(
      pool,
      async (client) => ({
        ...(await readPlace(client)),
        counted: isCountable(asked) ? await countRows(client, asked) : undefined,
        partitions: await readMarks(client, asked),
      }),
      { begin: 'begin isolation level repeatable read' },
    ),
  )
  const { counted, ...place } = taken
  const [newest] = await readPage(store, { visibility: { cameras: null } }, 0, 1)
  // Rows that keep coming would be looked at for ever, if only to be left out.
  const filter = newest ? { ...asked, end: earliest(asked.end, newest.timestamp) } : asked
  const total =
    counted === undefined
      ? await readTotal({ ...store, searchBudgetMs: COUNT_BUDGET_MS }, filter)
      : { total: counted, is_exact: true }
  return { ...place, total, asked, filter }
}

/**
 * How many rows of the snapshot were removed before they were read. For a search it is known only when nothing at all
 * was removed from its range.
 *
 * @param rows how many were read
 */
export async function countRemoved(
  store: Store,
  { asked, total, partitions }: ExportSnapshot,
  rows: number,
): Promise<number | undefined> {
  if (isCountable(asked)) return Math.max(total.total - rows, 0)
  const marks = await readMarks(store.pool, asked)
  const isUntouched = partitions.every((before) =>
    marks.some(
      (mark) =>
        mark.name === before.name && mark.table === before.table && mark.removed_rows === before.removed_rows,
    ),
  )
  return isUntouched ? 0 : undefined
}

async function readPlace(client: pg.PoolClient): Promise<Moment> {
  const { rows } = await client.query<Moment>({
    name: 'export_place',
    // The sequence counts in blocks, and by the first id of each.
    text: `
      select coalesce((select max(id) from log_feed), 0) as feed_id, last_value + $1 - 1 as last_id
      from log_ids`,
    values: [BLOCK],
  })
  return rows[0] ?? { feed_id: 0, last_id: 0 }
}

/** Each partition of the range: the table behind its name is another after a rewrite. */
async function readMarks(client: pg.Pool | pg.PoolClient, filter: LogFilter): Promise<PartitionMark[]> {
  const parameters = new SqlParameters()
  const conditions = ['detached_at is null']
  if (filter.start !== undefined) conditions.push(`upper > ${parameters.add(filter.start)}::timestamptz`)
  if (filter.end !== undefined) conditions.push(`lower <= ${parameters.add(filter.end)}::timestamptz`)
  const text = `
    /* export_partitions */
    select name, coalesce(to_regclass(name)::oid::bigint, 0) as table, removed_rows
    from log_partitions
    where ${conditions.join(' and ')}`
  return (await client.query<PartitionMark>(text, parameters.values)).rows
}
