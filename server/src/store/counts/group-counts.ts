import { type ReadFrom, readerFor } from '../database/reader.ts'
import { SqlParameters } from '../database/sql-parameters.ts'
import { DAY, fromMillis, HOUR } from '../database/timestamp.ts'
import type { LogFilter } from '../filter/log-filter.ts'
import { cameraOf } from '../filter/search-conditions.ts'
import { countedRows, type Grain } from './counts.ts'

/** The columns that the kept counts know. */
export const COUNTED_COLUMNS = ['level', 'source', 'camera'] as const
export type CountedColumn = (typeof COUNTED_COLUMNS)[number]

/** Beyond all integers. */
const NO_CAMERA = 4_294_967_296

/** A value of each column that rows are grouped by, in their order. */
type GroupValues = readonly (string | number | null)[]

export type GroupRows = { values: GroupValues; rows: number }

/**
 * The groups with most rows, and how many groups and rows there are in all. One statement.
 *
 * @param filter must be `isCountable`
 */
export async function topGroups(
  from: ReadFrom,
  filter: LogFilter,
  by: readonly CountedColumn[],
  limit: number,
): Promise<{ groups: GroupRows[]; total: number }> {
  const parameters = new SqlParameters()
  const columns = by.map((column) => columnSql(column, filter, parameters))
  const places = by.map((_, index) => index + 1).join(', ')
  const text = `
    /* top_groups */
    select jsonb_build_array(${by.map((_, index) => `v${index}`).join(', ')}) as values, rows,
      (count(*) over ())::integer as total
    from (
      select ${columns.map((column, index) => `${column} as v${index}`).join(', ')}, sum(rows)::bigint as rows
      from ${countedRows(filter, parameters)} c
      group by ${places}
      having sum(rows) > 0
    ) grouped
    order by rows desc, ${by.map((_, index) => `v${index}`).join(', ')}
    limit ${parameters.add(limit)}`
  const { rows } = await readerFor(from).query<GroupRows & { total: number }>(text, parameters.values)
  return {
    groups: rows.map(({ values, rows: count }) => ({ values, rows: count })),
    total: rows[0]?.total ?? 0,
  }
}

export type GroupsAsked = {
  by: readonly CountedColumn[]
  /** Rows of other groups are counted together. */
  groups: readonly GroupValues[]
  /** The column whose different values are counted too. */
  distinct: CountedColumn | undefined
  /** Where each step begins, ascending, in whole minutes; undefined for the whole range at once. */
  starts: readonly number[] | undefined
}

/** A group's rows in one step, and its different values of the column that was asked for. */
export type GroupStep = {
  /** Its place in `starts`; 0 for the whole range. */
  step: number
  /** The place in `groups`; null for the other groups together. */
  place: number | null
  rows: number
  /** Those of them with a value of the column `distinct`, and how many values that are. */
  valued_rows: number
  distinct_values: number
}

/**
 * Rows by group in steps of time; steps without rows are left out. One statement, and at most one row for each step of each
 * group, whatever the steps are counted in: days of a zone with summer time are counted in hours.
 *
 * @param filter must be `isCountable`
 */
export async function countByGroups(
  from: ReadFrom,
  filter: LogFilter,
  { by, groups, distinct, starts }: GroupsAsked,
): Promise<GroupStep[]> {
  const parameters = new SqlParameters()
  // A count's step may begin before the first one.
  const step = starts
    ? `greatest(width_bucket(bucket, ${parameters.add(starts.map((start) => fromMillis(start)))}::timestamptz[]) - 1, 0)`
    : '0'
  const place = by.length > 0 ? 'g.place' : '1'
  const value = distinct ? columnSql(distinct, filter, parameters) : 'null'
  const text = `
    /* count_by_groups */
    select step, place::integer - 1 as place, sum(rows)::bigint as rows,
      coalesce(sum(rows) filter (where value is not null), 0)::bigint as valued_rows,
      count(value)::integer as distinct_values
    from (
      select ${step} as step, ${place} as place, ${value} as value, sum(rows) as rows
      from ${countedRows(filter, parameters, grainOf(starts))} c
      ${joinSql(by, groups, filter, parameters)}
      group by 1, 2, 3
      having sum(rows) > 0
    ) counted
    group by 1, 2`
  const { rows } = await readerFor(from).query<GroupStep>(text, parameters.values)
  return rows
}

function joinSql(
  by: readonly CountedColumn[],
  groups: readonly GroupValues[],
  filter: LogFilter,
  parameters: SqlParameters,
): string {
  if (by.length === 0) return ''
  const lists = by.map((column, index) => {
    const values = groups.map((values) => values[index] ?? null)
    return `${parameters.add(values)}::${column === 'camera' ? 'integer' : 'text'}[]`
  })
  const names = by.map((_, index) => `v${index}`).join(', ')
  const equal = by.map((column, index) => {
    const own = columnSql(column, filter, parameters)
    if (column !== 'camera') return `${own} = g.v${index}`
    // A number that is no integer stands for no camera: the planner can hash equality alone.
    return `coalesce(${own}::bigint, ${NO_CAMERA}) = coalesce(g.v${index}::bigint, ${NO_CAMERA})`
  })
  return `left join unnest(${lists.join(', ')}) with ordinality g(${names}, place) on ${equal.join(' and ')}`
}

function columnSql(column: CountedColumn, filter: LogFilter, parameters: SqlParameters): string {
  return column === 'camera' ? cameraOf('c.', filter.deleted_cameras ?? [], parameters) : `c.${column}`
}

function grainOf(starts: GroupsAsked['starts']): Grain {
  if (!starts) return 'month'
  const isWhole = (size: number) => starts.every((start) => start % size === 0)
  return isWhole(DAY) ? 'day' : isWhole(HOUR) ? 'hour' : 'minute'
}
