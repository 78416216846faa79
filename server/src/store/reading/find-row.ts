import type pg from 'pg'
import { everyRow } from '../blocks/every-row.ts'
import { type LogRow, withCameras } from '../database/reader.ts'
import { SqlParameters } from '../database/sql-parameters.ts'
import { LOG_COLUMN_LIST } from '../database/table-names.ts'
import { dimensionConditions, type LogFilter } from '../filter/log-filter.ts'
import { MAX_PARTITIONS_A_STATEMENT, type Partitions } from '../partitions/partitions.ts'

/**
 * One row by id. The id says nothing of the time, so the feed (or the table it was folded into) is asked for the time
 * range of the id's batch; then the row is a lookup in the primary key of a partition or two. Ranges do not overlap
 * (see `trimFeed`), so only the range that begins last before the id can hold it.
 */
export async function findRow(
  pool: pg.Pool,
  partitions: Partitions,
  id: number,
  filter: LogFilter,
): Promise<LogRow | undefined> {
  const { rows: ranges } = await pool.query<Range>({
    name: 'find_id_range',
    text: `
      select first_timestamp, last_timestamp
      from (
        (select first_timestamp, last_timestamp, last_id
        from log_feed
        where first_id <= $1
        order by first_id desc
        limit 1)
        union all
        (select first_timestamp, last_timestamp, last_id
        from log_id_ranges
        where first_id <= $1
        order by first_id desc
        limit 1)
      ) nearest
      where last_id >= $1`,
    values: [id],
  })
  const [range] = ranges
  if (!range) return undefined
  const row = await findWithin(pool, partitions, id, filter, range)
  if (row) return row
  // Another server made the partition a moment ago; or the row was deleted.
  partitions.reload()
  return findWithin(pool, partitions, id, filter, range)
}

type Range = { first_timestamp: string; last_timestamp: string }

async function findWithin(
  pool: pg.Pool,
  partitions: Partitions,
  id: number,
  filter: LogFilter,
  { first_timestamp, last_timestamp }: Range,
): Promise<LogRow | undefined> {
  const holding = await partitions.overlapping(first_timestamp, last_timestamp)
  for (let index = 0; index < holding.length; index += MAX_PARTITIONS_A_STATEMENT) {
    const group = holding.slice(index, index + MAX_PARTITIONS_A_STATEMENT)
    const row = await readOne(pool, id, filter, group.at(-1)?.lower as string, group[0]?.upper as string)
    if (row) return row
  }
  return undefined
}

async function readOne(
  pool: pg.Pool,
  id: number,
  filter: LogFilter,
  lower: string,
  upper: string,
): Promise<LogRow | undefined> {
  const parameters = new SqlParameters()
  const wanted = `${parameters.add(id)}::bigint`
  const conditions = [
    `id = ${wanted}`,
    `timestamp >= ${parameters.add(lower)}::timestamptz`,
    `timestamp < ${parameters.add(upper)}::timestamptz`,
    ...dimensionConditions(filter, parameters),
  ]
  const choice = {
    select: LOG_COLUMN_LIST,
    where: conditions.join(' and '),
    within: { from: lower, to: upper },
    blocks: [`b.first_id <= ${wanted}`, `b.last_id >= ${wanted}`],
  }
  const text = withCameras('find_row', `select * from ${everyRow(choice, parameters)} every`)
  const { rows } = await pool.query<LogRow>(text, parameters.values)
  return rows[0]
}
