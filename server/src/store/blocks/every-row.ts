// The one place that says where rows are: in `logs` one by one, and in `log_blocks` by the thousand; and which blocks may
// hold rows of a filter.
import type pg from 'pg'
import { mayBePacked } from '../database/packed-state.ts'
import type { SqlParameters } from '../database/sql-parameters.ts'
import { LOG_COLUMNS } from '../database/table-names.ts'
import { DAY, floorTo, fromMillis } from '../database/timestamp.ts'
import type { LogFilter } from '../filter/log-filter.ts'
import { conjuncts, type ExtraMatch, type SearchNode } from '../filter/search-conditions.ts'
import { isExtraSound, isSound } from './block-sums.ts'
import { blocksOf, hasBlocks } from './block-tables.ts'
import { RUN, runsOf } from './signatures.ts'

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

/** SQL of the entries of the dictionary of a block `b`. */
export const DICTIONARY = `unnest(b.levels, b.sources, b.cameras, b.loggers) with ordinality
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

/** Runs of a text that are looked for in a signature: these let one block in a million through for nothing. */
const MOST_RUNS = 10

/**
 * Conditions on a block `b` that hold for each that has a row of the filter: on what its signature says of the text
 * that is looked for.
 */
export function blockConditions(filter: LogFilter, parameters: Parameters): string[] {
  const texts = [filter.search, filter.request_id && jsonText(filter.request_id)]
  const conditions = [
    ...texts.map((text) => text && hasText(text, parameters)),
    ...conjuncts(filter.q).map((node) => mayHold(node, parameters)),
  ].filter((condition) => condition !== undefined && condition !== '')
  return conditions.length > 0 ? [`(b.signature is null or ${conditions.join(' and ')})`] : []
}

/**
 * Conditions on an opened block, with its joined messages `o.messages`, that hold for each that has a row of the filter:
 * looking through the text at once takes a third of what separating the messages and comparing each does.
 */
export function openedConditions(filter: LogFilter, parameters: Parameters): string[] {
  const nodes: SearchNode[] = [
    ...(filter.search ? [{ kind: 'text' as const, text: filter.search }] : []),
    ...conjuncts(filter.q),
  ]
  return nodes.filter(isSeen).map((node) => mayShow(node, parameters))
}

/** Whether the joined messages say something of it. */
function isSeen(node: SearchNode): boolean {
  switch (node.kind) {
    case 'and':
      return node.nodes.some(isSeen)
    case 'or':
      return node.nodes.length > 0 && node.nodes.every(isSeen)
    case 'text':
    case 'message':
      return node.text !== '' && [...node.text].every((character) => character < '\u0080')
    case 'regex':
    case 'line':
      return matchesAnywhere(node.pattern)
    default:
      return false
  }
}

function mayShow(node: SearchNode, parameters: Parameters): string {
  switch (node.kind) {
    case 'and':
      return `(${node.nodes
        .filter(isSeen)
        .map((part) => mayShow(part, parameters))
        .join(' and ')})`
    case 'or':
      return `(${node.nodes.map((part) => mayShow(part, parameters)).join(' or ')})`
    case 'text':
      return inMessagesOrLoggers(parameters.add(anyCase(node.text)))
    case 'message':
      return `o.messages ~* ${parameters.add(anyCase(node.text))}`
    case 'regex':
      return inMessagesOrLoggers(parameters.add(withinOne(node.pattern)))
    case 'line':
      return `o.messages ~ ${parameters.add(withinOne(node.pattern))}`
    default:
      return 'true'
  }
}

function inMessagesOrLoggers(pattern: string): string {
  return `(o.messages ~* ${pattern} or exists (select from unnest(b.loggers) as name where name ~* ${pattern}))`
}

/** A pattern of the text; `ilike` takes these for ASCII letters as well, in some locales. */
function anyCase(text: string): string {
  const plain = text.replace(/[^A-Za-z0-9 ]/g, (character) =>
    character < ' ' ? `[${character}]` : `\\${character}`,
  )
  return plain.replace(/i/gi, '[i\u0130\u0131]').replace(/k/gi, '[k\u212a]')
}

/** The pattern with each `.` kept from going on into the next message. */
function withinOne(pattern: string): string {
  return pattern.replace(/\\.|\[\^?\]?(?:\\.|\[[:.=].*?[:.=]\]|[^\]\\])*\]|\./gsu, (part) =>
    part === '.' ? '[^\u001e]' : part,
  )
}

/**
 * Whether what the pattern finds in a text it finds in any longer one: it has no anchors, looks neither ahead nor back, and
 * means by escapes only classes and characters.
 */
function matchesAnywhere(pattern: string): boolean {
  const rest = pattern.replace(/\\[dswDSW.()[\]{}+*?|/-]/g, '')
  return !/[\\^$]|\(\?|^\*\*\*/.test(rest)
}

/** Undefined when the signature says nothing of it. */
function mayHold(node: SearchNode, parameters: Parameters): string | undefined {
  switch (node.kind) {
    case 'and': {
      const parts = node.nodes.map((part) => mayHold(part, parameters)).filter((part) => part !== undefined)
      return parts.length > 0 ? `(${parts.join(' and ')})` : undefined
    }
    case 'or': {
      // With one part that it says nothing of, parameters of the others would be left over.
      if (node.nodes.length === 0 || !node.nodes.every(isTold)) return undefined
      return `(${node.nodes.map((part) => mayHold(part, parameters)).join(' or ')})`
    }
    default: {
      const text = textOf(node)
      return text === undefined ? undefined : hasText(text, parameters)
    }
  }
}

function isTold(node: SearchNode): boolean {
  if (node.kind === 'and') return node.nodes.some(isTold)
  if (node.kind === 'or') return node.nodes.length > 0 && node.nodes.every(isTold)
  const text = textOf(node)
  return text !== undefined && runsOf(text).length > 0
}

/** Text that each row of the condition has in its message, logger name or `extra_data`. */
function textOf(node: SearchNode): string | undefined {
  switch (node.kind) {
    case 'text':
    case 'message':
      return node.text
    case 'regex':
    case 'line':
      return literalOf(node.pattern)
    case 'logger_name':
      return node.isGlob ? undefined : node.value
    case 'request_id':
      return jsonText(node.value)
    case 'extra_data':
      return textOfMatch(node.match)
    default:
      return undefined
  }
}

/** A number may be written in several ways; text stands in JSON as it is, but for escapes. */
function textOfMatch(match: ExtraMatch): string | undefined {
  if (match.kind !== 'is') return undefined
  return match.isTextOnly ? jsonText(match.text) : undefined
}

/**
 * The text as JSON holds it, without the characters that JSON may escape: they stand as they are where it is the text of an
 * object.
 */
function jsonText(text: string): string {
  return text.replace(/["\\\p{Cc}]/gu, '\u001e')
}

/** The longest text that every match of the pattern holds, as far as is plain to see. */
function literalOf(pattern: string): string | undefined {
  // Groups, classes, escapes, counts and alternatives may mean anything; `***` and `(?` change what the rest means.
  if (/[|()[\]{}\\]|^\*\*\*/.test(pattern)) return undefined
  const parts = pattern.replace(/.[*?]\??/gsu, '.').split(/[.^$+]/)
  const longest = parts.reduce((most, part) => (part.length > most.length ? part : most), '')
  return longest.length >= RUN ? longest : undefined
}

function hasText(text: string, parameters: Parameters): string | undefined {
  const runs = runsOf(text).slice(0, MOST_RUNS)
  if (runs.length === 0) return undefined
  return `(${runs.map((run) => hasRun(parameters.add(run))).join(' and ')})`
}

function hasRun(run: string): string {
  const place = `(${run}::integer & (b.signature_bits - 1))`
  return `get_byte(substr(b.signature, (${place} >> 3) + 1, 1), 0) & (1 << (${run}::integer & 7)) <> 0`
}
