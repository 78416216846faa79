import {
  blockConditions,
  everyRow,
  openedConditions,
  packedRows,
  type RowChoice,
} from '../blocks/every-row.ts'
import { mayBePacked } from '../database/packed-state.ts'
import {
  cutByBytes,
  isMeasured,
  type LogRow,
  type MeasuredRows,
  measured,
  type Reader,
  withCameras,
} from '../database/reader.ts'
import { SqlParameters } from '../database/sql-parameters.ts'
import { LOG_COLUMN_LIST } from '../database/table-names.ts'
import { comparable, maximum, minimum } from '../database/timestamp.ts'
import {
  countablePart,
  dictionaryConditions,
  type FilterVariant,
  type LogFilter,
  rangeConditions,
  textConditions,
  variantConditions,
  variantsOf,
} from '../filter/log-filter.ts'

/** A half-open stretch of time, [lower, upper), between bounds of partitions or of what the counts know to hold rows. */
export type Group = { lower: string; upper: string }

/** A place in the order (timestamp desc, id desc). */
export type Position = { timestamp: string; id: number }

export type Order = 'newest' | 'oldest'

/** Which rows a statement looks at. */
export type RowsRange = {
  filter: LogFilter
  /** Half-open [lower, upper), within the bounds of the partitions to read. */
  lower: string
  upper: string
  /** Only rows older than this position (newest first) or newer (oldest first). */
  beyond?: Position | undefined
  order: Order
}

export type RowsQuery = RowsRange & {
  offset?: number
  limit: number
  /** Bytes that the rows may have together; the first row beyond is the last. Without limit when unset. */
  maxBytes?: number | undefined
}

export type Statement = { text: string; values: unknown[] }

/** Rows in the one order of the system. One statement, over the partitions of [lower, upper) alone. */
export async function readRows(reader: Reader, query: RowsQuery): Promise<MeasuredRows> {
  const { text, values } = rowsStatement(query)
  const { rows } = await reader.query<LogRow & { bytes?: number }>(text, values)
  return measured(rows, query.maxBytes)
}

/** The statement of `readRows`: the variants of the filter, each read from its index, merged, with camera names. */
function rowsStatement(query: RowsQuery): Statement {
  const parameters = new SqlParameters()
  const offset = query.offset ?? 0
  const wanted = parameters.add(query.limit + offset)
  const relation = `
    select *
    from ${rowsInOrder(query, wanted, parameters)} matches
    order by ${orderOf(query)}
    offset ${parameters.add(offset)}
    limit ${parameters.add(query.limit)}`
  return { text: answeredRows('read_rows', relation, query, parameters), values: parameters.values }
}

/**
 * A relation of the first `wanted` rows of each variant of the filter: together they hold the first of all.
 *
 * @param compared the text that the rows are compared with, and SQL for a column `is_match`: null where it is still to be
 * looked at, and where it does not hold the row may come without its message and `extra_data`, or be left out
 */
export function rowsInOrder(
  range: RowsRange,
  wanted: string,
  parameters: SqlParameters,
  compared?: { filter: LogFilter; match?: string },
): string {
  const match = compared?.match

  const variants = variantsOf(range.filter)
  // Leaving the other variant's rows out of one instead would have it read all it has to find none that are its own.
  const overlap = variants.length > 1 && variants.some((variant) => variant.camera_id !== undefined)
  const relations = variants.map((variant) => {
    const conditions = rangeAnd(range, variant, parameters)
    return `(select ${LOG_COLUMN_LIST}${match === undefined ? '' : ', null::boolean as is_match'} from logs where ${conditions} order by ${orderOf(range)} limit ${wanted})`
  })
  const inOrder = { order: range.order, limit: wanted, match }
  const packed = () => {
    const choice = choiceOf(range, LOG_COLUMN_LIST, parameters)
    const text = compared ? textChoice(compared.filter, parameters) : {}
    return packedRows({ ...choice, ...text }, parameters, inOrder)
  }
  const union = `(
      ${[...relations, ...(mayBePacked() ? [packed()] : [])].join('\n      union all\n      ')}
    )`
  if (!overlap) return union
  return `(select distinct on (timestamp, id) * from ${union} overlapping order by ${orderOf(range)})`
}

/** A relation of all rows of the range that match, found by the index that holds fewest of them. */
export function rowsAsSet(range: RowsRange, parameters: SqlParameters): string {
  // `offset 0` keeps the order and the limit from the planner: with them it bets on meeting enough matches early and
  // reads a million rows for a word that is rare.
  return `(select * from ${everyRow(choiceOf(range, LOG_COLUMN_LIST, parameters), parameters)} every offset 0)`
}

/** The rows of a relation as they are answered, in order; with their `bytes` where these are bounded. */
function answeredRows(
  name: string,
  relation: string,
  { order, limit, maxBytes }: Pick<RowsQuery, 'order' | 'limit' | 'maxBytes'>,
  parameters: SqlParameters,
  more = '',
): string {
  const isCut = isMeasured(limit, maxBytes)
  const rows = isCut ? cutByBytes(relation, orderOf({ order }), parameters.add(maxBytes)) : relation
  return `${withCameras(name, rows, more + (isCut ? ', l.bytes' : ''))}
  order by ${orderOf({ order }, 'l.')}`
}

/** `order by` of the system's order. */
export function orderOf({ order }: { order: Order }, table = ''): string {
  const direction = order === 'newest' ? 'desc' : 'asc'
  return `${table}timestamp ${direction}, ${table}id ${direction}`
}

/** The place, or the end of the filter's range that it lies beyond: with all rows of that end on its inner side. */
export function placeWithin({ start, end }: LogFilter, place: Position): Position {
  const at = comparable(place.timestamp)
  if (end !== undefined && at > comparable(end)) return { timestamp: end, id: Number.MAX_SAFE_INTEGER }
  if (start !== undefined && at < comparable(start)) return { timestamp: start, id: 0 }
  return place
}

/** How many rows match within the range, counted up to `limit`. One statement. */
export async function countMatches(
  reader: Reader,
  query: Omit<RowsQuery, 'order' | 'offset'> & { order?: Order },
): Promise<number> {
  const parameters = new SqlParameters()
  const choice = choiceOf({ order: 'newest', ...query }, '1 as one', parameters)
  const text = `
  /* count_matches */
  select count(*) as total
  from (select from ${everyRow(choice, parameters)} every limit ${parameters.add(query.limit)}) matches`
  const { rows } = await reader.query<{ total: number }>(text, parameters.values)
  return rows[0]?.total ?? 0
}

function rangeAnd(range: RowsRange, variant: FilterVariant, parameters: SqlParameters): string {
  return [...boundsOf(range, parameters), ...variantConditions(variant, parameters)].join(' and ')
}

/** The rows of the range that match its filter, wherever they are. */
function choiceOf(range: RowsRange, select: string, parameters: SqlParameters): RowChoice {
  const { filter } = range
  return {
    select,
    where: rangeAnd(range, filter, parameters),
    within: withinPlace(range),
    ...blockChoice(filter, parameters),
  }
}

/** The tightest ends of the range, both included. */
function withinPlace({ filter, beyond, order, ...group }: RowsRange): RowChoice['within'] {
  const { from, to } = withinOf(filter, group)
  if (!beyond) return { from, to }
  return order === 'newest'
    ? { from, to: minimum(to, beyond.timestamp) }
    : { from: maximum(from, beyond.timestamp), to }
}

/**
 * The conditions on time and position, only the tightest at each end. Beside a position PostgreSQL enters the index at
 * any other bound there is: with that of the partition, a page in its middle began with reading half of it (268 pages
 * and 2 ms instead of 7 and 0.1, 50,000 rows from the end).
 */
function boundsOf(range: RowsRange, parameters: SqlParameters): string[] {
  const { filter, lower, upper, beyond, order } = range
  const { start, end } = filter
  const isStartWithin = start !== undefined && comparable(start) > comparable(lower)
  const isEndWithin = end !== undefined && comparable(end) < comparable(upper)
  const first = isStartWithin ? start : lower
  const last = isEndWithin ? end : upper
  const from = () => `timestamp >= ${parameters.add(first)}::timestamptz`
  const to = () => `timestamp ${isEndWithin ? '<=' : '<'} ${parameters.add(last)}::timestamptz`
  // A position at an end that is not in the range says nothing, and would touch one partition more.
  const isBounding =
    beyond !== undefined &&
    (order === 'newest'
      ? comparable(beyond.timestamp) < comparable(last) ||
        (isEndWithin && comparable(beyond.timestamp) === comparable(last))
      : comparable(beyond.timestamp) >= comparable(first))
  if (!isBounding) return [from(), to()]
  const timestamp = `${parameters.add(beyond.timestamp)}::timestamptz`
  const position = `(${timestamp}, ${parameters.add(beyond.id)}::bigint)`
  if (order === 'newest') return [from(), `timestamp <= ${timestamp}`, `(timestamp, id) < ${position}`]
  return [`timestamp >= ${timestamp}`, to(), `(timestamp, id) > ${position}`]
}

/** The rows of a half-open stretch of time that match the filter, and more conditions. */
export function matchingRows(
  filter: LogFilter,
  stretch: Group,
  select: string,
  parameters: SqlParameters,
  more: readonly string[] = [],
): RowChoice {
  return {
    select,
    where: matchingConditions(filter, stretch, parameters, more),
    within: withinOf(filter, stretch),
    ...blockChoice(filter, parameters),
  }
}

/** SQL on the columns of `logs` that holds for those rows. */
export function matchingConditions(
  filter: LogFilter,
  { lower, upper }: Group,
  parameters: SqlParameters,
  more: readonly string[],
): string {
  return [
    `timestamp >= ${parameters.add(lower)}::timestamptz`,
    `timestamp < ${parameters.add(upper)}::timestamptz`,
    ...rangeConditions(filter, parameters),
    ...variantConditions(filter, parameters),
    ...more,
  ].join(' and ')
}

/** The tightest ends of a stretch, both included. */
function withinOf({ start, end }: LogFilter, { lower, upper }: Group): RowChoice['within'] {
  return {
    from: start === undefined ? lower : maximum(start, lower),
    to: end === undefined ? upper : minimum(end, upper),
  }
}

/** Conditions that pass over the blocks without a row of the filter. */
function blockChoice(
  filter: LogFilter,
  parameters: SqlParameters,
): Pick<RowChoice, 'dimensions' | 'blocks' | 'opened'> {
  if (!mayBePacked()) return {}
  return {
    dimensions: dictionaryConditions(filter, parameters),
    ...textChoice(filter, parameters),
  }
}

/** How blocks are told apart that hold nothing of the text that the filter asks for. */
function textChoice(filter: LogFilter, parameters: SqlParameters): Pick<RowChoice, 'blocks' | 'opened'> {
  return { blocks: blockConditions(filter, parameters), opened: openedConditions(filter, parameters) }
}

/** A row, and the bytes of all rows up to it where they are measured. */
export type MeasuredRow = LogRow & { bytes?: number }

/** A row of a scan: its number among the rows looked at, and how many matched up to it. */
export type ScannedRow = MeasuredRow & { is_match: boolean; looked_at: number; matched: number }

/** A scanned row as it is answered. */
export function toLogRow({ is_match: _, looked_at: __, matched: ___, ...row }: ScannedRow): MeasuredRow {
  return row
}

/**
 * Reads the next `lookAt` rows in order and returns those that match, and the last row read, matching or not: from
 * there the next scan continues. Ends early once there are enough matches. Level, source and camera choose the rows
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
