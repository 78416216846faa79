import type { Level } from '@timelapser/logger'
import type { Reader } from '../database/reader.ts'
import { SqlParameters } from '../database/sql-parameters.ts'
import { ceilTo, DAY, endOfMinute, floorTo, fromMillis, HOUR, MINUTE } from '../database/timestamp.ts'
import { dimensionConditions, type LogFilter } from '../filter/log-filter.ts'

type CountTable = 'log_counts_day' | 'log_counts_hour' | 'log_counts_minute' | 'log_counts_pending'

/** A half-open stretch of time and the table that counts it; an unset end is open. */
type Segment = { table: CountTable; from: number | undefined; to: number | undefined }

/** A ragged end, shorter than a minute, that only the rows themselves can count. */
type RowRange = { from: string | undefined; to: string | undefined; isEndInclusive: boolean }

/** The widest step of time that the caller's grouping allows. */
export type Grain = 'minute' | 'hour' | 'day'

/**
 * A relation `(bucket, level, source, camera_id, rows)` over everything the filter matches: whole days, then hours,
 * then minutes, then the rows of the two ragged ends, and what is not folded yet. One statement reads it, so it is
 * one snapshot. `bucket` is the start of the step the rows were counted in.
 *
 * @param filter one that `isCountable`
 * @param widest the widest step to read from: grouping by hour needs hours or less
 */
export function countedRows(filter: LogFilter, parameters: SqlParameters, widest: Grain = 'day'): string {
  const { segments, rowRanges } = stepsOf(filter.start, filter.end, widest)
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
  const conditions = [...dimensions]
  if (range.from !== undefined) conditions.push(`timestamp >= ${parameters.add(range.from)}::timestamptz`)
  if (range.to !== undefined) {
    const operator = range.isEndInclusive ? '<=' : '<'
    conditions.push(`timestamp ${operator} ${parameters.add(range.to)}::timestamptz`)
  }
  return `select timestamp as bucket, level, source, camera_id, 1 as rows from logs${where(conditions)}`
}

function where(conditions: readonly string[]): string {
  return conditions.length > 0 ? ` where ${conditions.join(' and ')}` : ''
}

/** Cuts [start, end] into the fewest steps. */
function stepsOf(
  start: string | undefined,
  end: string | undefined,
  widest: Grain,
): { segments: Segment[]; rowRanges: RowRange[] } {
  const firstMinute = start === undefined ? undefined : ceilTo(start, MINUTE)
  const isEndWhole = end !== undefined && end === endOfMinute(end)
  const lastMinute = end === undefined ? undefined : floorTo(end, MINUTE) + (isEndWhole ? MINUTE : 0)
  if (firstMinute !== undefined && lastMinute !== undefined && firstMinute >= lastMinute) {
    return { segments: [], rowRanges: [{ from: start, to: end, isEndInclusive: true }] }
  }
  const segments: Segment[] = [
    { table: 'log_counts_pending', from: firstMinute, to: lastMinute },
    ...foldedSegments(firstMinute, lastMinute, widest),
  ]
  const rowRanges: RowRange[] = []
  if (firstMinute !== undefined && fromMillis(firstMinute) !== start) {
    rowRanges.push({ from: start, to: fromMillis(firstMinute), isEndInclusive: false })
  }
  if (lastMinute !== undefined && !isEndWhole)
    rowRanges.push({ from: fromMillis(lastMinute), to: end, isEndInclusive: true })
  return { segments, rowRanges }
}

const STEPS = [
  { grain: 'minute', table: 'log_counts_minute', wider: HOUR },
  { grain: 'hour', table: 'log_counts_hour', wider: DAY },
  { grain: 'day', table: 'log_counts_day', wider: Number.POSITIVE_INFINITY },
] as const

function foldedSegments(from: number | undefined, to: number | undefined, widest: Grain): Segment[] {
  const segments: Segment[] = []
  let low = from
  let high = to
  for (const { grain, table, wider } of STEPS) {
    if (grain === widest) {
      if (low === undefined || high === undefined || low < high) segments.push({ table, from: low, to: high })
      break
    }
    const innerLow = low === undefined ? undefined : Math.ceil(low / wider) * wider
    const innerHigh = high === undefined ? undefined : Math.floor(high / wider) * wider
    if (innerLow !== undefined && innerHigh !== undefined && innerLow >= innerHigh) {
      segments.push({ table, from: low, to: high })
      break
    }
    if (low !== undefined && innerLow !== undefined && low < innerLow)
      segments.push({ table, from: low, to: innerLow })
    if (high !== undefined && innerHigh !== undefined && innerHigh < high) {
      segments.push({ table, from: innerHigh, to: high })
    }
    low = innerLow
    high = innerHigh
  }
  return segments
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
  last_day: string
}

/**
 * Rows by level, source and camera, with the day of the newest. One statement.
 *
 * @param days whether that day is the last one counted, of which all rows may be gone when that is not folded yet, or
 * the last that has rows, at twice the cost
 */
export async function countByDimensions(
  reader: Reader,
  filter: LogFilter,
  days: 'counted' | 'net' = 'counted',
): Promise<DimensionCount[]> {
  const parameters = new SqlParameters()
  const counted = countedRows(filter, parameters)
  const byDay = `(
      select date_trunc('day', bucket) as bucket, level, source, camera_id, sum(rows) as rows
      from ${counted} c
      group by 1, 2, 3, 4
    )`
  const text = `
    /* count_by_dimensions */
    select level, source, camera_id, sum(rows)::bigint as rows,
      date_trunc('day', max(bucket) filter (where rows > 0)) as last_day
    from ${days === 'net' ? byDay : counted} c
    group by level, source, camera_id
    having sum(rows) > 0`
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
