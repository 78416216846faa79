import { everyRow, packedRows, type RowChoice } from '../blocks/every-row.ts'
import { hasColumn } from '../blocks/number-columns.ts'
import { mayBePacked } from '../database/packed-state.ts'
import { SqlParameters } from '../database/sql-parameters.ts'
import { LOG_COLUMN_LIST } from '../database/table-names.ts'
import { fromMillis, toMillis } from '../database/timestamp.ts'
import { countablePart, type LogFilter, textConditions } from '../filter/log-filter.ts'
import { type Group, matchingConditions, matchingRows, type Position, type Statement } from './log-rows.ts'
import { STEP_LOG } from './number-steps.ts'
import type { Slice } from './sample-slices.ts'
import { hashSql, keyJson, type ValuePlace, valueAt } from './value-places.ts'

/**
 * The figure of a field's values in a step; `spread` is how they are distributed, for quantiles, and `different` the hashes
 * of different ones.
 */
export type FoldKind = 'count' | 'sum' | 'avg' | 'min' | 'max' | 'spread' | 'different'

export type Fold = {
  kind: FoldKind
  /** Undefined for a count of rows. */
  field: ValuePlace | undefined
  by: readonly ValuePlace[]
  /** When each step begins, ascending, in milliseconds. */
  starts: readonly number[]
}

export type FoldQuery = {
  filter: LogFilter
  fold: Fold
  /** The stretch of time to read, within the partitions to be touched. */
  stretch: Group
  /** Only rows older than this position. */
  beyond?: Position | undefined
  /** Only rows of these parts of the stretch; all of it when unset. */
  slices?: readonly Slice[] | undefined
  /** Whether each number or hash has a cell of its own; otherwise those next to each other share one. */
  isExact: boolean
  /** Whether numbers are looked for that no double holds. Without it they may end the statement, in two thirds of the time. */
  isWary: boolean
  limit: number
  /** Packed rows to leave out: all, or those of blocks that have a column of this name. */
  leftOut?: 'packed' | { column: string } | undefined
}

/** The numbers of a cell are those of a step of a chart's quantiles, see `stepOf`. */
const FIRST_CELL = 1 - Math.log(1e-12) / STEP_LOG

/** The lower bits of a hash: hashes share a cell by the twelve bits above. */
const CELL_BITS = 40

/** The greatest number that a double holds; those nearer to zero than `TINY` count as zero. */
const GREATEST = '1.7976931348623157e308'
const TINY = '1e-300'

/** No text that is a number is longer. */
const OTHER_CHARACTERS = 200

const FIGURES: Readonly<Record<FoldKind, string>> = {
  count: 'max(number) as figure',
  sum: 'sum(number) as figure',
  avg: 'avg(number) as figure',
  min: 'min(number) as figure',
  max: 'max(number) as figure',
  spread: 'min(number) as figure, max(number) as most',
  different: 'min(number) as figure, max(number) as most',
}

/** Whether the cells of a kind are those of single numbers or of numbers next to each other. */
export function hasManyCells(kind: FoldKind): boolean {
  return kind === 'spread' || kind === 'different'
}

/**
 * The cells of a stretch of time: its rows by step, group and kind of value, each with the figure of its numbers. A plain
 * aggregate, which PostgreSQL runs in parallel where that pays.
 */
export function foldStatement(query: FoldQuery): Statement {
  const { fold, isExact, isWary, limit } = query
  const parameters = new SqlParameters()
  const { kind, field, by } = fold
  const names = by.map((_, index) => `k${index}`)
  const list = ['step', ...names].join(', ')
  const rows = query.slices ? slicedRows(query, query.slices, parameters) : allRows(query, parameters)
  const cells = [list, otherOf(kind), cellOf(kind, isExact)]
  // `offset 0`: otherwise an expression is evaluated once for each time that it is named.
  const text = `
  /* fold_values */
  select step, ${names.map((name, index) => `${keyJson(by[index] as ValuePlace, name)} as ${name}, `).join('')}other,
    rows, figure::text${hasManyCells(kind) ? ', most::text' : ''}
  from (
    select ${list}, ${cells[1]} as other, count(*)::integer as rows, ${FIGURES[kind]}
    from (
      select ${list}, value, ${numberOf(kind, field, isWary)} as number
      from (select * from ${rows} every offset 0) valued
      offset 0
    ) numbered
    group by ${cells.join(', ')}
    limit ${parameters.add(limit)}
  ) cells`
  return { text, values: parameters.values }
}

function allRows(query: FoldQuery, parameters: SqlParameters): string {
  const { filter, fold, stretch, beyond } = query
  const older = beyond ? [olderThan(beyond, parameters)] : []
  const values = valuesOf(query, stepOf(fold.starts, stretch, parameters), parameters)
  if (query.leftOut === 'packed')
    return `(select ${values} from logs where ${matchingConditions(filter, stretch, parameters, older)})`
  const choice = matchingRows(filter, stretch, values, parameters, older)
  return everyRow(withoutColumns(query, choice, parameters), parameters)
}

/** The rows of a choice but those of blocks whose columns are read. */
function withoutColumns({ leftOut }: FoldQuery, choice: RowChoice, parameters: SqlParameters): RowChoice {
  if (typeof leftOut !== 'object' || !mayBePacked()) return choice
  return { ...choice, blocks: [...(choice.blocks ?? []), `not ${hasColumn(leftOut.column, parameters)}`] }
}

/** The rows of the slices, each found by the index of time, and those of the blocks that begin in one. */
function slicedRows(query: FoldQuery, slices: readonly Slice[], parameters: SqlParameters): string {
  const { filter, fold, stretch } = query
  const add = (values: readonly unknown[]) => parameters.add(values)
  const [lower, upper] = [slices.map(({ from }) => fromMillis(from)), slices.map(({ to }) => fromMillis(to))]
  const within = ['timestamp >= s.lower', 'timestamp < s.upper']
  const where = matchingConditions(countablePart(filter), stretch, parameters, within)
  // Outside: the planner knows nothing of the slices, and would ask an index of text for each.
  const texts = textConditions(filter, parameters)
  const rows = `select ${valuesOf(query, 's.step', parameters)}
        from unnest(${add(lower)}::timestamptz[], ${add(upper)}::timestamptz[], ${add(slices.map(({ step }) => step))}::integer[])
          as s (lower, upper, step)
        cross join lateral (select ${LOG_COLUMN_LIST} from logs where ${where} offset 0) r
        where ${texts.join(' and ') || 'true'}`
  if (!mayBePacked() || query.leftOut === 'packed') return `(${rows})`
  const values = valuesOf(query, stepOf(fold.starts, stretch, parameters), parameters)
  const ofBlocks = withoutColumns(query, matchingRows(filter, stretch, values, parameters), parameters)
  const ranges = slices.map(({ blocksFrom, to }) => `[${fromMillis(blocksFrom)},${fromMillis(to)})`)
  const isChosen = `b.first_timestamp <@ ${parameters.add(`{${ranges.join(',')}}`)}::tstzmultirange`
  const packed = packedRows({ ...ofBlocks, blocks: [...(ofBlocks.blocks ?? []), isChosen] }, parameters)
  return `(
      ${rows}
      union all
      ${packed}
    )`
}

/** The step of a row, the values of its groups, and that of the field. */
function valuesOf(
  { filter, fold: { by, field } }: FoldQuery,
  step: string,
  parameters: SqlParameters,
): string {
  return [
    `${step} as step`,
    ...by.map((place, index) => `${valueAt(place, '', filter, parameters)} as k${index}`),
    `${field === undefined ? 'true' : valueAt(field, '', filter, parameters)} as value`,
  ].join(', ')
}

/** The step of a row, among those that the stretch touches. */
function stepOf(starts: readonly number[], { lower, upper }: Group, parameters: SqlParameters): string {
  const [from, to] = [toMillis(lower), toMillis(upper)]
  const first = Math.max(
    0,
    starts.findLastIndex((start) => start <= from),
  )
  const touched = starts.slice(first).filter((start, index) => index === 0 || start < to)
  const number = `${parameters.add(first)}::integer`
  if (touched.length <= 1) return number
  const list = `${parameters.add(touched.map((start) => fromMillis(start)))}::timestamptz[]`
  return `${number} + greatest(width_bucket(timestamp, ${list}) - 1, 0)`
}

function olderThan({ timestamp, id }: Position, parameters: SqlParameters): string {
  return `(timestamp, id) < (${parameters.add(timestamp)}::timestamptz, ${parameters.add(id)}::bigint)`
}

/** SQL of a value's number; null where it is none. */
function numberOf(kind: FoldKind, field: ValuePlace | undefined, isWary: boolean): string {
  if (kind === 'count') {
    const isColumn = field === undefined || typeof field === 'string'
    return `case when ${isColumn ? 'value is not null' : `jsonb_typeof(value) <> 'null'`} then 1 end`
  }
  if (kind === 'different') return field === undefined ? 'null::bigint' : hashSql(field, 'value')
  const number = kind === 'spread' ? 'value::float8' : 'value::numeric'
  if (!isWary) return `case when jsonb_typeof(value) = 'number' then ${number} end`
  return `case
        when jsonb_typeof(value) <> 'number' then null
        when not value::numeric between -${GREATEST} and ${GREATEST} then null
        when abs(value::numeric) < ${TINY} then 0
        else ${number}
      end`
}

/** SQL of the beginning of a value that is not a JSON number. */
function otherOf(kind: FoldKind): string {
  if (kind === 'count' || kind === 'different') return 'null::text'
  return `case when number is null and jsonb_typeof(value) <> 'null' then left(value #>> '{}', ${OTHER_CHARACTERS}) end`
}

/** SQL of what the rows of a cell have in common beside step, group and other value. */
function cellOf(kind: FoldKind, isExact: boolean): string {
  if (!hasManyCells(kind)) return 'number is null'
  if (isExact) return 'number'
  if (kind === 'different') return `number >> ${CELL_BITS}`
  const place = (size: string) => `floor(ln(${size}) * ${1 / STEP_LOG} + ${FIRST_CELL})`
  return `case when number >= 1e-12 then ${place('number')} when number <= -1e-12 then -${place('-number')} else number * 0 end`
}
