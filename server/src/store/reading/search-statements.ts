import { LOG_COLUMN_LIST } from '../database/log-columns.ts'
import { SqlParameters } from '../database/sql-parameters.ts'
import { countablePart, textConditions } from '../filter/log-filter.ts'
import type { LogRow } from './log-row.ts'
import { answeredRows, orderOf, type RowsQuery, rowsAsSet, rowsInOrder, type Statement } from './log-rows.ts'

/** A row of a scan: its number among the rows looked at, and how many matched up to it. */
export type ScannedRow = LogRow & { is_match: boolean; looked_at: number; matched: number; bytes?: number }

/**
 * Reads the next `lookAt` rows in order and returns those that match, and the last row read, matching or not: from
 * there the next scan continues. Ends early once there are enough matches. Level, source and camera choose the does:
 * from there the next scan goes on. Ends early once there are enough matches. Level, source and camera choose the rows
 * from their indexes; text is compared with each.
 */
export function scanStatement(query: RowsQuery & { lookAt: number }): Statement {
  const parameters = new SqlParameters()
  const lookAt = parameters.add(query.lookAt)
  const condition = textConditions(query.filter, parameters).join(' and ')
  const range = { ...query, filter: countablePart(query.filter) }
  const candidates = rowsInOrder(range, lookAt, parameters, { filter: query.filter, match: condition })
  const order = orderOf(query)
  const relation = `
    select *
    from (
      select compared.*, row_number() over so_far as looked_at,
        count(*) filter (where is_match) over so_far as matched
      from (
        select ${LOG_COLUMN_LIST}, coalesce(is_match, ${condition}, false) as is_match
        from (
          select *
          from ${candidates} candidates
          order by ${order}
          limit ${lookAt}
        ) chosen
      ) compared
      window so_far as (order by ${order} rows unbounded preceding)
    ) counted
    where (is_match and matched > ${parameters.add(query.offset ?? 0)}) or looked_at = ${lookAt}
    order by ${order}
    limit ${parameters.add(query.limit + 1)}`
  const text = answeredRows(
    'search_in_order',
    relation,
    query,
    parameters,
    ', l.is_match, l.looked_at, l.matched',
  )
  return { text, values: parameters.values }
}

/** The first matches of all that the indexes find, sorted; right where there are few. */
export function setStatement(query: RowsQuery): Statement {
  const parameters = new SqlParameters()
  const relation = `
    select *
    from ${rowsAsSet(query, parameters)} found
    order by ${orderOf(query)}
    offset ${parameters.add(query.offset ?? 0)}
    limit ${parameters.add(query.limit)}`
  return { text: answeredRows('search_as_set', relation, query, parameters), values: parameters.values }
}
