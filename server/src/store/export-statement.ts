import { type ExportField, type ExportFormat, lineExpression } from './export-format.ts'
import type { ExportSnapshot } from './export-snapshot.ts'
import { countablePart, textConditions } from './log-filter.ts'
import { orderOf, type RowsRange, rowsAsSet, rowsInOrder, type Statement } from './log-rows.ts'
import { SqlParameters } from './sql-parameters.ts'

/** What a line is made of. */
export type ExportShape = { format: ExportFormat; fields: readonly ExportField[] }

export type ChunkQuery = RowsRange &
  ExportShape & {
    snapshot: ExportSnapshot
    /** How many rows to look at. */
    lookAt: number
    /** With more text than this among several rows none is written. */
    maxBytes: number
    /** Whether to have an index find the matches, which pays when there are few. */
    asSet: boolean
  }

export type Chunk = {
  /** The lines, one after the other; null when there are none, or they are too long together. */
  lines: string | null
  rows: number
  bytes: number
  looked_at: number
  /** The last row looked at. */
  timestamp: string | null
  id: number | null
}

/** What PostgreSQL holds compressed may be as long as a field can be. */
const COMPRESSED_BYTES = 65_536

/** The next rows in order, those of the snapshot that match as finished lines, and the last one looked at. */
export function chunkStatement(query: ChunkQuery): Statement {
  const { filter, snapshot, format, fields } = query
  const parameters = new SqlParameters()
  const lookAt = parameters.add(query.lookAt)
  const candidates = query.asSet
    ? rowsAsSet(query, parameters)
    : rowsInOrder({ ...query, filter: countablePart(filter) }, lookAt, parameters)
  const lastId = parameters.add(snapshot.last_id)
  // What was committed later with ids that had been given out before: writers hold such for a while.
  const late = `(select coalesce(range_agg(int8range(first_id, last_id, '[]')), '{}')
        from log_feed
        where id > ${parameters.add(snapshot.feed_id)} and first_id <= ${lastId})`
  const conditions = [`id <= ${lastId}`, `not id <@ ${late}`]
  if (!query.asSet) conditions.push(...textConditions(filter, parameters))
  const line = lineExpression(format, fields, filter.deleted_cameras ?? [], parameters)
  const text = `
  /* export_rows */
  with looked_at as materialized (
    select *, coalesce(${conditions.join(' and ')}, false) as is_match
    from ${candidates} candidates
    order by ${orderOf(query)}
    limit ${lookAt}
  ), size as (
    select count(*) as looked_at, count(*) filter (where is_match) as rows,
      coalesce(sum(octet_length(message) + case
        when pg_column_compression(extra_data) is null then coalesce(pg_column_size(extra_data), 0)
        else ${COMPRESSED_BYTES}
      end) filter (where is_match), 0)::bigint as bytes
    from looked_at
  )
  select size.rows, size.bytes, size.looked_at, last.timestamp, last.id,
    case when size.looked_at = 1 or size.bytes <= ${parameters.add(query.maxBytes)} then (
      select string_agg(${line}, '')
      from looked_at r
      where is_match
    ) end as lines
  from size
  left join lateral (
    select timestamp, id
    from looked_at
    order by ${orderOf({ order: query.order === 'newest' ? 'oldest' : 'newest' })}
    limit 1
  ) last on true`
  return { text, values: parameters.values }
}
