// The one place that says where rows are: in `logs` one by one, and in `log_blocks` by the thousand.
import type pg from 'pg'
import { LOG_COLUMNS } from '../database/log-columns.ts'
import { mayBePacked } from '../database/packed-state.ts'
import type { SqlParameters } from '../database/sql-parameters.ts'
import { DAY, floorTo, fromMillis } from '../database/timestamp.ts'
import { isExtraSound, isSound } from './block-sums.ts'
import { blocksOf, hasBlocks } from './block-tables.ts'

export type LogColumn = (typeof LOG_COLUMNS)[number]

/** Which rows, of the conditions on a row of `logs`. */
export type RowChoice = {
  /** The columns that are read, or expressions of columns. */
  select: string
  /** SQL on the columns of `logs`, joined by `and`. */
  where: string
  /** No row outside of it fulfils `where`, both ends included: it chooses the blocks. */
  within: { from: string; to: string }
  /** Conditions among them on nothing but level, source, camera and logger: a block whose dictionary fulfils none is passed over. */
  dimensions?: readonly string[] | undefined
  /** More conditions on a block `b`, which hold for every block that holds such a row. */
  blocks?: readonly string[] | undefined
  /** The same on an opened block, with its joined messages `o.messages`; for a choice that reads messages. */
  opened?: readonly string[] | undefined
}

/** The rows in order, up to a number from each relation. */
export type InOrder = {
  order: 'newest' | 'oldest'
  limit: string
  /** The name of `log_blocks`, when it is another. */
  blocks?: string
  /**
   * SQL on the columns of `logs` that becomes the column `is_match`; where it does not hold, message and `extra_data` are
   * null: what is sorted then is a tenth as long.
   */
  match?: string | undefined
}

type Parameters = Pick<SqlParameters, 'add'>

/** A relation of the chosen rows, whether they are packed or not, in no order. */
export function everyRow(choice: RowChoice, parameters: Parameters): string {
  const rows = `select ${choice.select} from logs where ${choice.where}`
  if (!mayBePacked()) return `(${rows})`
  return `(
      ${rows}
      union all
      ${packedRows(choice, parameters)}
    )`
}

/**
 * The chosen rows that are packed, as a `select`. With an order the newest or oldest `limit` of them: blocks of a
 * partition do not overlap, so they are opened one after the other until there are enough rows.
 */
export function packedRows(choice: RowChoice, parameters: Parameters, inOrder?: InOrder): string {
  const { select, where, within, dimensions = [], blocks = [], opened = [] } = choice
  const direction = inOrder?.order === 'oldest' ? 'asc' : 'desc'
  const chosen = [
    // A block ends with its day, so that none that began earlier reaches into the range.
    `b.first_timestamp >= ${parameters.add(dayOf(within.from))}::timestamptz`,
    `b.first_timestamp <= ${parameters.add(within.to)}::timestamptz`,
    `b.last_timestamp >= ${parameters.add(within.from)}::timestamptz`,
    ...blocks,
  ].join(' and ')
  const from = inOrder
    ? `(select * from ${inOrder.blocks ?? 'log_blocks'} b where ${chosen} order by first_timestamp ${direction}, first_row_id ${direction}) b`
    : 'log_blocks b'
  const matching = dimensions.length > 0 ? matchingCodes(dimensions) : ''
  const conditions = [
    ...(inOrder ? [] : [chosen]),
    ...(matching ? ['cardinality(m.codes) > 0'] : []),
    ...(inOrder ? [] : [where]),
  ]
  const match = inOrder?.match
  const rows = unpackedRows(columnsIn(`${select} ${where} ${match ?? ''}`), matching !== '', opened)
  const compared = match === undefined ? '' : `, coalesce(${match}, false) as is_match`
  const relation = inOrder
    ? `(select *${compared} from ${rows} opened where ${where} order by n ${direction} limit ${inOrder.limit})`
    : rows
  return `(select ${match === undefined ? select : `${select.replace(TEXTS, TEXT_OF_MATCH)}, is_match`}
      from ${from}${matching}
      cross join lateral ${relation} r
      ${conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''}
      ${inOrder ? `limit ${inOrder.limit}` : ''})`
}

/** The first instant of the day (UTC). */
function dayOf(timestamp: string): string {
  return timestamp.endsWith('infinity') ? timestamp : fromMillis(floorTo(timestamp, DAY))
}

/** The entries of a block's dictionary that fulfil the conditions. */
function matchingCodes(dimensions: readonly string[]): string {
  return `
      cross join lateral (
        select array(
          select code::smallint
          from ${DICTIONARY}
          where ${dimensions.join(' and ')}
        ) as codes
        offset 0
      ) m`
}

const TEXTS = /\b(message|extra_data)\b/g
const TEXT_OF_MATCH = 'case when is_match then $1 end as $1'

const DICTIONARY = `unnest(b.levels, b.sources, b.cameras, b.loggers) with ordinality
          as d (level, source, camera_id, logger_name, code)`

/** Set-returning functions that give a block's values, one row after the other. */
const VALUES: Readonly<Record<string, string>> = {
  id: 'unnest(b.ids) as id, unnest(b.wide_ids) as wide_id',
  timestamp: 'unnest(b.times) as time, unnest(b.wide_times) as wide_time',
  message: `string_to_table(o.messages, E'\\x1e') as message`,
  extra_data: 'unnest(o.extra) as extra_data',
}

const EXPRESSIONS: Readonly<Record<LogColumn, string>> = {
  id: 'b.first_id + u.n + coalesce(u.id, u.wide_id) as id',
  timestamp: `b.first_timestamp + (u.n * b.step + coalesce(u.time, u.wide_time)) * interval '1 microsecond' as timestamp`,
  camera_id: 'd.camera_id',
  level: 'd.level',
  source: 'd.source',
  logger_name: 'd.logger_name',
  message: 'u.message',
  extra_data: 'u.extra_data',
}

const IN_DICTIONARY: readonly LogColumn[] = ['camera_id', 'level', 'source', 'logger_name']

/**
 * A block `b` as a relation of its rows: those columns and `n`, the place in the block. Functions in the list of a
 * `select` give their rows one by one; in `from` each would be stored whole first, ten times as slow with `jsonb`.
 *
 * @param isChosen whether only rows whose dictionary entry is among `m.codes`
 * @param opened conditions on the block, see `RowChoice`
 */
export function unpackedRows(
  columns: readonly LogColumn[],
  isChosen = false,
  opened: readonly string[] = [],
): string {
  const hasDictionary = columns.some((column) => IN_DICTIONARY.includes(column))
  const values = [
    'generate_series(0, b.rows - 1) as n',
    ...(hasDictionary || isChosen ? ['unnest(b.codes) as code'] : []),
    ...columns.flatMap((column) => VALUES[column] ?? []),
  ]
  const ofRows = `(select ${values.join(', ')} ${openedWith(columns, opened)} offset 0) u`
  const chosen = isChosen ? `(select * from ${ofRows} where u.code = any (m.codes) offset 0) u` : ofRows
  const expressions = ['u.n', ...columns.map((column) => EXPRESSIONS[column])].join(', ')
  if (!hasDictionary) return `(select ${expressions} from ${chosen})`
  // A full join is never done row by row, however few entries the planner takes the dictionary for.
  return `(
        select ${expressions}
        from ${chosen}
        full join ${DICTIONARY} on d.code = u.code
        where coalesce(u.n, -1) >= 0
        offset 0
      )`
}

/**
 * Long columns, decompressed once for their checksum and their rows; `extra_data` only where the messages pass the
 * conditions.
 */
function openedWith(columns: readonly LogColumn[], opened: readonly string[]): string {
  const hasMessages = columns.includes('message')
  const hasExtra = columns.includes('extra_data')
  const sound = isSound({ messages: hasMessages ? 'o.messages' : undefined })
  const conditions = [sound, ...opened].join(' and ')
  const messages = hasMessages
    ? `from (select b.messages || '' as messages offset 0) o where ${conditions}`
    : `where ${conditions}`
  if (!hasExtra) return messages
  return `from (
          select ${hasMessages ? 'o.messages, ' : ''}b.extra || '{}'::jsonb[] as extra
          ${messages}
          offset 0
        ) o
        where ${isExtraSound('o.extra')}`
}

/** The columns that SQL names. */
export function columnsIn(sql: string): LogColumn[] {
  return LOG_COLUMNS.filter((column) => new RegExp(`\\b${column}\\b`).test(sql))
}

/** All rows of one partition, as a `select` on its own tables. */
export async function rowsOfPartition(client: pg.ClientBase, name: string): Promise<string> {
  const columns = LOG_COLUMNS.join(', ')
  const rows = `select ${columns} from ${name}`
  if (!(await hasBlocks(client, name))) return rows
  return `${rows}
      union all
      select ${columns} from ${blocksOf(name)} b cross join lateral ${unpackedRows(LOG_COLUMNS)} r`
}
