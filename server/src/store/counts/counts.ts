import type { Level } from '@timelapser/logger'
import { everyRow } from '../blocks/every-row.ts'
import type { Reader } from '../database/reader.ts'
import { SqlParameters } from '../database/sql-parameters.ts'
import {
  ceilTo,
  DAY,
  endOfMinute,
  floorTo,
  fromMillis,
  HOUR,
  MINUTE,
  startOfMonth,
} from '../database/timestamp.ts'
import { dimensionConditions, type LogFilter } from '../filter/log-filter.ts'

type CountTable =
  | 'log_counts_month'
  | 'log_counts_day'
  | 'log_counts_hour'
  | 'log_counts_minute'
  | 'log_counts_pending'

/** A half-open stretch of time and the table that counts it; an unset end is open. */
type Segment = { table: CountTable; from: number | undefined; to: number | undefined }

/** A ragged end, shorter than a minute, that only the rows themselves can count. */
type RowRange = { from: string; to: string; isEndInclusive: boolean }

/** The widest step of time that the caller's grouping allows. */
export type Grain = 'minute' | 'hour' | 'day' | 'month'

/**
 * A relation `(bucket, level, source, camera_id, rows)` over everything the filter matches: whole months, then
 * days, hours and minutes, then the rows of the two ragged ends, and what is not folded yet. One statement reads it, so it is
 * one snapshot. `bucket` is the start of the step the rows were counted in.
 *
 * @param filter must be `isCountable`
 * @param widest the widest step to read from: grouping by hour needs hours or less
 * @param monthsBefore from when on days are the widest all the same; the start of a month, in milliseconds
 */
export function countedRows(
  filter: LogFilter,
  parameters: SqlParameters,
  widest: Grain = 'month',
  monthsBefore = Number.POSITIVE_INFINITY,
): string {
  const { segments, rowRanges } = stepsOf(filter.start, filter.end, widest, monthsBefore)
  const dimensions = dimensionConditions(filter, parameters)
  const parts = segments.map((segment) => segmentSql(segment, dimensions, parameters))
  for (const range of rowRanges) parts.push(rowRangeSql(range, dimensions, parameters))
  return `(${parts.join('\n      union all\n      ')})`
}

function segmentSql(
  { table, from, to }: Segment,
  dimensions: readonly string[],
  parameters: SqlParameters,
): string {
  const conditions = [...dimensions]
  if (from !== undefined) conditions.push(`bucket >= ${parameters.add(fromMillis(from))}::timestamptz`)
  if (to !== undefined) conditions.push(`bucket < ${parameters.add(fromMillis(to))}::timestamptz`)
  return `select bucket, level, source, camera_id, rows from ${table}${where(conditions)}`
}

function rowRangeSql(range: RowRange, dimensions: readonly string[], parameters: SqlParameters): string {
  const operator = range.isEndInclusive ? '<=' : '<'
  const conditions = [
    ...dimensions,
    `timestamp >= ${parameters.add(range.from)}::timestamptz`,
    `timestamp ${operator} ${parameters.add(range.to)}::timestamptz`,
  ]
  const choice = {
    select: 'timestamp as bucket, level, source, camera_id, 1 as rows',
    where: conditions.join(' and '),
    within: range,
    dimensions,
  }
  return `select * from ${everyRow(choice, parameters)} every`
}

function where(conditions: readonly string[]): string {
  return conditions.length > 0 ? ` where ${conditions.join(' and ')}` : ''
}

/** Cuts [start, end] into the fewest steps. */
function stepsOf(
  start: string | undefined,
  end: string | undefined,
  widest: Grain,
  monthsBefore: number,
): { segments: Segment[]; rowRanges: RowRange[] } {
  const firstMinute = start === undefined ? undefined : ceilTo(start, MINUTE)
  const isEndWhole = end !== undefined && end === endOfMinute(end)
  const lastMinute = end === undefined ? undefined : floorTo(end, MINUTE) + (isEndWhole ? MINUTE : 0)
  if (firstMinute !== undefined && lastMinute !== undefined && firstMinute >= lastMinute) {
    return {
      segments: [],
      rowRanges: [{ from: start as string, to: end as string, isEndInclusive: true }],
    }
  }
  const segments: Segment[] = [
    { table: 'log_counts_pending', from: firstMinute, to: lastMinute },
    ...foldedSegments(firstMinute, lastMinute, widest, monthsBefore),
  ]
  const rowRanges: RowRange[] = []
  if (start !== undefined && firstMinute !== undefined && fromMillis(firstMinute) !== start) {
    rowRanges.push({ from: start, to: fromMillis(firstMinute), isEndInclusive: false })
  }
  if (end !== undefined && lastMinute !== undefined && !isEndWhole)
    rowRanges.push({ from: fromMillis(lastMinute), to: end, isEndInclusive: true })
  return { segments, rowRanges }
}

/** How the next wider step is cut: its last start up to an instant, and its first from there on. */
type Cut = { floor: (millis: number) => number; ceil: (millis: number) => number }

const every = (size: number): Cut => ({
  floor: (millis) => Math.floor(millis / size) * size,
  ceil: (millis) => Math.ceil(millis / size) * size,
})
const MONTHS: Cut = {
  floor: (millis) => startOfMonth(millis),
  ceil: (millis) => (startOfMonth(millis) === millis ? millis : startOfMonth(millis, 1)),
}

const STEPS: { grain: Grain; table: CountTable; wider: Cut }[] = [
  { grain: 'minute', table: 'log_counts_minute', wider: every(HOUR) },
  { grain: 'hour', table: 'log_counts_hour', wider: every(DAY) },
  { grain: 'day', table: 'log_counts_day', wider: MONTHS },
]

function foldedSegments(
  from: number | undefined,
  to: number | undefined,
  widest: Grain,
  monthsBefore: number,
): Segment[] {
  const segments: Segment[] = []
  let low = from
  let high = to
  for (const { grain, table, wider } of STEPS) {
    if (grain === widest) return [...segments, ...segment(table, low, high)]
    const innerLow = low === undefined ? undefined : wider.ceil(low)
    let innerHigh = high === undefined ? undefined : wider.floor(high)
    if (grain === 'day' && monthsBefore < (innerHigh ?? Number.POSITIVE_INFINITY)) innerHigh = monthsBefore
    if (innerLow !== undefined && innerHigh !== undefined && innerLow >= innerHigh) {
      return [...segments, ...segment(table, low, high)]
    }
    if (low !== undefined) segments.push(...segment(table, low, innerLow))
    if (innerHigh !== undefined) segments.push(...segment(table, innerHigh, high))
    low = innerLow
    high = innerHigh
  }
  return [...segments, ...segment('log_counts_month', low, high)]
}

/** Nothing when it is empty. */
function segment(table: CountTable, from: number | undefined, to: number | undefined): Segment[] {
  return from !== undefined && to !== undefined && from >= to ? [] : [{ table, from, to }]
}

/** How many rows a countable filter matches; exact. One statement. */
export async function countRows(reader: Reader, filter: LogFilter): Promise<number> {
  const parameters = new SqlParameters()
  const text = `/* count_rows */ select coalesce(sum(rows), 0)::bigint as total from ${countedRows(filter, parameters)} c`
  const { rows } = await reader.query<{ total: number }>(text, parameters.values)
  return rows[0]?.total ?? 0
}

export type StepCount = { bucket: string; rows: number }

/** Rows by day, hour or minute, newest first, steps without rows left out. One statement. */
export async function countBySteps(reader: Reader, filter: LogFilter, grain: Grain): Promise<StepCount[]> {
  const parameters = new SqlParameters()
  const text = `
    /* count_by_steps */
    select date_trunc('${grain}', bucket) as bucket, sum(rows)::bigint as rows
    from ${countedRows(filter, parameters, grain)} c
    group by 1
    having sum(rows) > 0
    order by 1 desc`
  const { rows } = await reader.query<StepCount>(text, parameters.values)
  return rows
}

export type DimensionCount = {
  level: Level
  source: string
  camera_id: number | null
  rows: number
  /** The day, or long ago the month, that has the newest row. */
  last_from: string
  last_to: string
}

/** Whether steps that were counted may have lost all their rows, when that is not folded yet, or surely have some. */
export type Certainty = 'counted' | 'net'

/** From this many days on, the newest row is known to the day. */
const KNOWN_BY_DAY = 35

/**
 * Rows by level, source and camera, with the day of the newest, or the month where that is over a month ago. One
 * statement.
 *
 * @param certainty 'net' costs twice as much
 */
export async function countByDimensions(
  reader: Reader,
  filter: LogFilter,
  certainty: Certainty = 'counted',
): Promise<DimensionCount[]> {
  const parameters = new SqlParameters()
  const monthsBefore = startOfMonth(Date.now() - KNOWN_BY_DAY * DAY)
  const counted = countedRows(filter, parameters, 'month', monthsBefore)
  const before = parameters.add(fromMillis(monthsBefore))
  const stepOf = (bucket: string) =>
    `case when ${bucket} < ${before}::timestamptz then date_trunc('month', ${bucket}) else date_trunc('day', ${bucket}) end`
  const bySteps = `(
      select ${stepOf('bucket')} as bucket, level, source, camera_id, sum(rows) as rows
      from ${counted} c
      group by 1, 2, 3, 4
    )`
  const text = `
    /* count_by_dimensions */
    select level, source, camera_id, rows, last_from,
      last_from + case when last_from < ${before}::timestamptz then interval '1 month' else interval '1 day' end
        as last_to
    from (
      select level, source, camera_id, sum(rows)::bigint as rows,
        ${stepOf('max(bucket) filter (where rows > 0)')} as last_from
      from ${certainty === 'net' ? bySteps : counted} c
      group by level, source, camera_id
      having sum(rows) > 0
    ) summed`
  const { rows } = await reader.query<DimensionCount>(text, parameters.values)
  return rows
}

export type LevelBucket = { bucket: string; level: Level; rows: number }

/**
 * Rows by level in steps of `bucketMs`, the first starting at `origin` (milliseconds), both whole minutes; steps without
 * rows left out. One statement.
 */
export async function countByBuckets(
  reader: Reader,
  filter: LogFilter,
  origin: number,
  bucketMs: number,
): Promise<LevelBucket[]> {
  const parameters = new SqlParameters()
  const isWhole = (size: number) => bucketMs % size === 0 && origin % size === 0
  const grain = isWhole(DAY) ? 'day' : isWhole(HOUR) ? 'hour' : 'minute'
  const bin = `date_bin(${parameters.add(bucketMs)}::bigint * interval '1 millisecond', bucket, ${parameters.add(fromMillis(origin))}::timestamptz)`
  const text = `
    /* count_by_buckets */
    select ${bin} as bucket, level, sum(rows)::bigint as rows
    from ${countedRows(filter, parameters, grain)} c
    group by 1, 2
    having sum(rows) > 0`
  const { rows } = await reader.query<LevelBucket>(text, parameters.values)
  return rows
}
