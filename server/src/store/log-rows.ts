import type pg from 'pg'
import type { LogFilter } from './log-filter.ts'
import { type FilterVariant, rangeConditions, variantConditions, variantsOf } from './log-filter.ts'
import type { LogRow } from './log-row.ts'
import { SqlParameters } from './sql-parameters.ts'

/** A place in the order (timestamp desc, id desc). */
export type Position = { timestamp: string; id: number }

export type RowsQuery = {
  filter: LogFilter
  /** Half-open [lower, upper), the bounds of the partitions to read. */
  lower: string
  upper: string
  /** Only rows older than this position (newest first) or newer (oldest first). */
  beyond?: Position | undefined
  order: 'newest' | 'oldest'
  offset?: number
  limit: number
}

const ROW_COLUMNS = `
    l.id, l.level, l.message, l.timestamp,
    case when c.deleted_at is null then l.camera_id end as camera_id,
    case when c.deleted_at is null then c.name end as camera_name,
    l.source, l.logger_name, l.extra_data`

/** Rows in the one order of the system. One statement, over the partitions of [lower, upper) alone. */
export async function readRows(pool: pg.Pool, query: RowsQuery): Promise<LogRow[]> {
  const { text, values } = rowsStatement(query)
  const { rows } = await pool.query<LogRow>(text, values)
  return rows
}

/** The statement of `readRows`: the variants of the filter, each read from its index, merged, with camera names. */
export function rowsStatement(query: RowsQuery): { text: string; values: unknown[] } {
  const parameters = new SqlParameters()
  const direction = query.order === 'newest' ? 'desc' : 'asc'
  const order = `timestamp ${direction}, id ${direction}`
  const offset = query.offset ?? 0
  const wanted = parameters.add(query.limit + offset)
  const variants = variantsOf(query.filter).map((variant) =>
    variantSql(variant, query, order, wanted, parameters),
  )
  const text = `
  select ${ROW_COLUMNS.trim()}
  from (
    select *
    from (
      ${variants.join('\n      union all\n      ')}
    ) matches
    order by ${order}
    offset ${parameters.add(offset)}
    limit ${parameters.add(query.limit)}
  ) l
  left join cameras c on c.id = l.camera_id
  order by l.timestamp ${direction}, l.id ${direction}`
  return { text, values: parameters.values }
}

function variantSql(
  variant: FilterVariant,
  query: RowsQuery,
  order: string,
  wanted: string,
  parameters: SqlParameters,
): string {
  const conditions = [
    `timestamp >= ${parameters.add(query.lower)}::timestamptz`,
    `timestamp < ${parameters.add(query.upper)}::timestamptz`,
    ...rangeConditions(variant, parameters),
    ...variantConditions(variant, parameters),
  ]
  if (query.beyond) {
    const operator = query.order === 'newest' ? '<' : '>'
    const timestamp = parameters.add(query.beyond.timestamp)
    const id = parameters.add(query.beyond.id)
    conditions.push(`(timestamp, id) ${operator} (${timestamp}::timestamptz, ${id}::bigint)`)
  }
  const columns = 'id, timestamp, camera_id, level, source, logger_name, message, extra_data'
  return `(select ${columns} from logs where ${conditions.join(' and ')} order by ${order} limit ${wanted})`
}

/** How many rows match within [lower, upper), counted up to `limit`. One statement. */
export async function countMatches(
  pool: pg.Pool,
  query: Pick<RowsQuery, 'filter' | 'lower' | 'upper' | 'limit'>,
): Promise<number> {
  const parameters = new SqlParameters()
  const conditions = [
    `timestamp >= ${parameters.add(query.lower)}::timestamptz`,
    `timestamp < ${parameters.add(query.upper)}::timestamptz`,
    ...rangeConditions(query.filter, parameters),
    ...variantConditions(query.filter, parameters),
  ]
  const text = `
  select count(*) as total
  from (select 1 from logs where ${conditions.join(' and ')} limit ${parameters.add(query.limit)}) matches`
  const { rows } = await pool.query<{ total: number }>(text, parameters.values)
  return rows[0]?.total ?? 0
}
