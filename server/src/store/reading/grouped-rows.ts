import type pg from 'pg'
import { columnsIn, everyRow } from '../blocks/every-row.ts'
import { isTimeout, queryWithin } from '../database/reader.ts'
import { SqlParameters } from '../database/sql-parameters.ts'
import type { LogFilter } from '../filter/log-filter.ts'
import { MAX_PARTITIONS_A_STATEMENT } from '../partitions/partitions.ts'
import { matchingRows } from './log-rows.ts'
import { SearchTooLong } from './search-rows.ts'
import type { Store } from './store.ts'

/** All of an aggregate or nothing of it: it may take longer than a search, which answers with a part. */
const AGGREGATE_BUDGET_MS = 30_000

export type Grouping = { columns: string; groupBy: string }

/**
 * Groups the rows themselves, sixteen partitions a statement; for filters the kept counts cannot answer. A group comes
 * once for each statement that met it, newest first.
 *
 * @throws {SearchTooLong} when it would take more than 30 s
 */
export async function groupRows<R extends pg.QueryResultRow>(
  store: Store,
  filter: LogFilter,
  grouping: (parameters: SqlParameters) => Grouping,
): Promise<R[]> {
  const deadline = performance.now() + AGGREGATE_BUDGET_MS
  const partitions = await store.partitions.overlapping(filter.start, filter.end)
  const rows: R[] = []
  for (let index = 0; index < partitions.length; index += MAX_PARTITIONS_A_STATEMENT) {
    const group = partitions.slice(index, index + MAX_PARTITIONS_A_STATEMENT)
    const parameters = new SqlParameters()
    const { columns, groupBy } = grouping(parameters)
    const stretch = { lower: group.at(-1)?.lower as string, upper: group[0]?.upper as string }
    const needed = columnsIn(`${columns} ${groupBy}`).join(', ')
    const choice = matchingRows(filter, stretch, needed || '1 as one', parameters)
    const text = `
    /* group_rows */
    select ${columns}, count(*)::bigint as rows
    from ${everyRow(choice, parameters)} every
    group by ${groupBy}`
    const limits = { signal: store.signal, timeoutMs: deadline - performance.now() }
    const found = await queryWithin<R>(store.pool, text, parameters.values, limits).catch(
      (error: unknown) => {
        throw isTimeout(error) ? new SearchTooLong() : error
      },
    )
    // One by one: a call takes some 120,000 arguments.
    for (const row of found.rows) rows.push(row)
  }
  return rows
}
