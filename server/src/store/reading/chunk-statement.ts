import { SqlParameters } from '../database/sql-parameters.ts'
import { countablePart, textConditions } from '../filter/log-filter.ts'
import { orderOf, type RowsRange, rowsAsSet, rowsInOrder, type Statement } from './log-rows.ts'

/** A moment: rows committed later have a later feed entry, or an id that was not given out yet. */
export type Moment = { feed_id: number; last_id: number }

export type ChunkQuery = RowsRange & {
  /** SQL that turns a row `r` of `logs` into text that ends in a new line. */
  line: (parameters: SqlParameters) => string
  /** Leaves out what came later. */
  moment?: Moment | undefined
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

/** A compressed value may be as long as a field can be. */
const COMPRESSED_BYTES = 65_536

/** The next rows in order, matching rows as finished lines, and the last row that was read. */
export function chunkStatement(query: ChunkQuery): Statement {
  const { filter, moment } = query
  const parameters = new SqlParameters()
  const lookAt = parameters.add(query.lookAt)
  const candidates = query.asSet
    ? rowsAsSet(query, parameters)
    : rowsInOrder({ ...query, filter: countablePart(filter) }, lookAt, parameters, { filter })
  const conditions = [
    ...(moment ? momentConditions(moment, parameters) : []),
    ...(query.asSet ? [] : textConditions(filter, parameters)),
  ]
  const text = `
  /* read_chunk */
  with looked_at as materialized (
    select *, coalesce(${conditions.join(' and ') || 'true'}, false) as is_match
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
      select string_agg(${query.line(parameters)}, '')
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

function momentConditions({ feed_id, last_id }: Moment, parameters: SqlParameters): string[] {
  const lastId = parameters.add(last_id)
  // Rows committed later with ids that had been given out before: writers hold some for a while.
  const late = `(select coalesce(range_agg(int8range(first_id, last_id, '[]')), '{}')
        from log_feed
        where id > ${parameters.add(feed_id)} and first_id <= ${lastId})`
  return [`id <= ${lastId}`, `not id <@ ${late}`]
}
