// The blocks whose columns answer a chart, and what is read of them.

import { IS_NUMBERS_FRAME_SOUND, isSound } from '../blocks/block-sums.ts'
import { DICTIONARY } from '../blocks/every-row.ts'
import { columnName, hasColumn } from '../blocks/number-columns.ts'
import type { BlockKey } from '../blocks/unpack-blocks.ts'
import { mayBePacked } from '../database/packed-state.ts'
import { queryWithin, readerFor } from '../database/reader.ts'
import { SqlParameters } from '../database/sql-parameters.ts'
import { comparable, DAY, floorTo, fromMillis, maximum, minimum, toMillis } from '../database/timestamp.ts'
import { dictionaryConditions, type LogFilter } from '../filter/log-filter.ts'
import { compileSearch, conjuncts, isDimensional, type SearchNode } from '../filter/search-conditions.ts'
import type { Fold } from './fold-statement.ts'
import type { Group } from './log-rows.ts'
import type { Store } from './store.ts'
import { valueAt } from './value-places.ts'

/** A block whose columns are read, and how many combinations of level, source, camera and logger it has. */
export type NumberBlock = BlockKey & { rows: number; combinations: number }

/** The columns of a block as they are read. */
export type ReadBlock = {
  first_timestamp: string
  first_row_id: number
  rows: number
  /** Microseconds since 1970 of the first row, and from one to the next. */
  first: number
  step: number
  /** The column of the field, in base64; null where no row has the field. */
  numbers: string | null
  /** The number of each row's combination, where it matters. */
  codes: string | null
  /** The combinations that match: the number of each and the values of its group. Null where all match and there are no groups. */
  groups: [code: number, ...key: unknown[]][] | null
  /** `times` or `wide_times` as PostgreSQL sends them, where the block reaches over a bound. */
  times: string | null
  has_wide_times: boolean
}

/**
 * The name of the column that holds a fold's field; undefined where columns cannot answer: only level, source, camera and
 * logger may decide which rows there are and what group each is in.
 */
export function columnOf(filter: LogFilter, { kind, field, by }: Fold): string | undefined {
  if (!mayBePacked() || kind === 'count' || kind === 'different') return undefined
  if (field === undefined || typeof field === 'string') return undefined
  const isDecided =
    !filter.search &&
    filter.request_id === undefined &&
    by.every((place) => typeof place === 'string') &&
    conjuncts(filter.q).every(isOfDictionary)
  return isDecided ? columnName(field) : undefined
}

function isOfDictionary(node: SearchNode): boolean {
  if (node.kind === 'and' || node.kind === 'or') return node.nodes.every(isOfDictionary)
  if (node.kind === 'not') return isOfDictionary(node.node)
  return node.kind === 'logger_name' || isDimensional(node)
}

/** The blocks of a stretch of time that have the column, in order, and how many have not. */
export async function blocksWith(
  store: Store,
  filter: LogFilter,
  stretch: Group,
  name: string,
): Promise<{ blocks: NumberBlock[]; others: number }> {
  const { from, to } = endsOf(filter, stretch)
  const parameters = new SqlParameters()
  const text = `
  /* blocks_with_column */
  select first_timestamp, first_row_id, rows, cardinality(levels) as combinations, ${hasColumn(name, parameters)} as has_column
  from log_blocks b
  where first_timestamp >= ${parameters.add(fromMillis(floorTo(from, DAY)))}::timestamptz
    and first_timestamp <= ${parameters.add(to)}::timestamptz
    and last_timestamp >= ${parameters.add(from)}::timestamptz
  order by first_timestamp, first_row_id`
  const { rows } = await readerFor(store).query<NumberBlock & { has_column: boolean }>(
    text,
    parameters.values,
  )
  const blocks = rows.filter(({ has_column }) => has_column)
  return { blocks, others: rows.length - blocks.length }
}

/** The bounds of a stretch of time, and of the range of the filter within it, in microseconds: half-open. */
export function boundsOf(filter: LogFilter, stretch: Group): { from: number; end: number } {
  const from = filter.start === undefined ? stretch.lower : maximum(filter.start, stretch.lower)
  const isEndWithin = filter.end !== undefined && comparable(filter.end) < comparable(stretch.upper)
  return {
    from: microsOf(from),
    end: isEndWithin ? microsOf(filter.end as string) + 1 : microsOf(stretch.upper),
  }
}

function endsOf({ start, end }: LogFilter, { lower, upper }: Group): { from: string; to: string } {
  return {
    from: start === undefined ? lower : maximum(start, lower),
    to: end === undefined ? upper : minimum(end, upper),
  }
}

/** Whole microseconds since 1970: a double holds them until the year 2255. */
export function microsOf(timestamp: string): number {
  return toMillis(timestamp) * 1000 + Number(comparable(timestamp).slice(23, 26))
}

/**
 * Reads the columns of some blocks, next to each other, that have one of the field.
 *
 * @param bounds in microseconds: where rows of a block are told apart by their time
 */
export async function readNumberBlocks(
  store: Store,
  filter: LogFilter,
  fold: Fold,
  name: string,
  blocks: readonly NumberBlock[],
  bounds: readonly number[],
): Promise<ReadBlock[]> {
  const parameters = new SqlParameters()
  const [first, last] = [blocks[0] as NumberBlock, blocks.at(-1) as NumberBlock]
  const conditions = [
    `b.first_timestamp >= ${parameters.add(first.first_timestamp)}::timestamptz`,
    `b.first_timestamp <= ${parameters.add(last.first_timestamp)}::timestamptz`,
    `(b.first_timestamp, b.first_row_id) in (
      select * from unnest(${parameters.add(blocks.map((block) => block.first_timestamp))}::timestamptz[],
        ${parameters.add(blocks.map((block) => block.first_row_id))}::bigint[])
    )`,
    // One that was made anew may have none.
    hasColumn(name, parameters),
  ]
  const groups = groupsOf(filter, fold, parameters)
  const field = `array_position(b.number_fields, ${parameters.add(name)}::text)`
  const text = `
  /* read_number_columns */
  select b.first_timestamp, b.first_row_id, b.rows, b.first as first, b.step::float8 as step,
    encode(substr(b.numbers, b.number_ends[b.place] + 1, b.number_ends[b.place + 1] - b.number_ends[b.place]), 'base64') as numbers,
    ${groups ? `case when m.is_mixed then encode(substr(b.numbers, 1, b.number_ends[1]), 'base64') end as codes, m.groups` : 'null as codes, null as groups'},
    case when b.is_cut and ${isSound({})} then encode(coalesce(array_send(b.times), array_send(b.wide_times)), 'base64') end as times,
    b.times is null as has_wide_times
  from (
    select b.*, ${field} as place, (extract(epoch from b.first_timestamp) * 1000000)::float8 as first,
      exists (
        select
        from unnest(${parameters.add(bounds)}::float8[]) as bound
        where bound > extract(epoch from b.first_timestamp) * 1000000
          and bound <= extract(epoch from b.last_timestamp) * 1000000
      ) as is_cut
    from log_blocks b
    where ${conditions.join(' and ')}
    offset 0
  ) b${groups ?? ''}
  where ${IS_NUMBERS_FRAME_SOUND}${groups ? ' and m.groups is not null' : ''}`
  const { rows } = await queryWithin<ReadBlock>(store.pool, text, parameters.values, { signal: store.signal })
  return rows
}

/** SQL of the entries of a block's dictionary that match, with their groups; undefined where all match alike. */
function groupsOf(filter: LogFilter, { by }: Fold, parameters: SqlParameters): string | undefined {
  const conditions = [
    ...dictionaryConditions(filter, parameters),
    ...conjuncts(filter.q)
      .filter((node) => !isDimensional(node))
      .map((node) => compileSearch(node, parameters, filter.deleted_cameras)),
  ]
  if (conditions.length === 0 && by.length === 0) return undefined
  const keys = by.map((place) => `, ${valueAt(place, '', filter, parameters)}`).join('')
  return `
  cross join lateral (
    select json_agg(json_build_array(code${keys})) as groups,
      count(*) < cardinality(b.levels) or ${by.length > 0} as is_mixed
    from ${DICTIONARY}
    where ${conditions.join(' and ') || 'true'}
  ) m`
}
