import { LEVELS, type Level } from '@timelapser/logger'
import pg from 'pg'
import type { Reader } from '../database/reader.ts'
import type { SqlParameters } from '../database/sql-parameters.ts'

/** Conditions joined by and, or and not. */
export type Tree<Leaf> =
  | Leaf
  | { kind: 'and' | 'or'; nodes: readonly Tree<Leaf>[] }
  | { kind: 'not'; node: Tree<Leaf> }

export type Comparison = '=' | '>' | '>=' | '<' | '<='

/** One condition of a search. */
export type SearchCondition =
  /** Case-insensitive substring of message or logger name. */
  | { kind: 'text'; text: string }
  /** Case-insensitive substring of the message alone. */
  | { kind: 'message'; text: string }
  /** Regular expression of PostgreSQL on message or logger name, case-insensitive. */
  | { kind: 'regex'; pattern: string }
  /** Regular expression of PostgreSQL on the message alone, case-sensitive. */
  | { kind: 'line'; pattern: string }
  | { kind: 'level'; comparison: Comparison; level: Level }
  /** As the camera filter finds them, by id or source; null: those without a camera. */
  | { kind: 'camera'; id: number | null }
  /** The exact name; with `isGlob` each `*` of it stands for anything. */
  | { kind: 'source' | 'logger_name'; value: string; isGlob: boolean }
  | { kind: 'id'; id: number }
  | { kind: 'request_id'; value: string }
  | { kind: 'extra_data'; path: readonly string[]; match: ExtraMatch }

/** The condition on a value in `extra_data`. */
export type ExtraMatch =
  | { kind: 'exists' }
  /** The text, or, unless it was meant as text only, the number or truth value or null it spells. */
  | { kind: 'is'; text: string; isTextOnly: boolean }
  | { kind: 'glob'; text: string }
  /** A number compared with this one, which is kept as it was written. */
  | { kind: 'compare'; comparison: Exclude<Comparison, '='>; number: string }

/** A search, ready to be compiled. An empty `and` matches everything, an empty `or` nothing. */
export type SearchNode = Tree<SearchCondition>

/** The parts of which every one has to match. */
export function conjuncts(node: SearchNode | undefined): readonly SearchNode[] {
  if (!node) return []
  return node.kind === 'and' ? node.nodes : [node]
}

/** Whether level, source and camera alone decide, so that the kept counts can answer. */
export function isDimensional(node: SearchNode): boolean {
  if (node.kind === 'and' || node.kind === 'or') return node.nodes.every(isDimensional)
  if (node.kind === 'not') return isDimensional(node.node)
  return node.kind === 'level' || node.kind === 'source' || node.kind === 'camera'
}

type Add = Pick<SqlParameters, 'add'>

/**
 * The condition as SQL that is true where it matches; elsewhere false or null. Values are parameters.
 *
 * @param deleted cameras that count as none
 */
export function compileSearch(node: SearchNode, parameters: Add, deleted: readonly number[] = []): string {
  if (node.kind === 'and' || node.kind === 'or') {
    const parts = node.nodes.map((part) => compileSearch(part, parameters, deleted))
    if (parts.length === 0) return node.kind === 'and' ? 'true' : 'false'
    return `(${parts.join(` ${node.kind} `)})`
  }
  // Not `not`: where the logger name is null, a term about it is null, and its negation has to be true.
  if (node.kind === 'not') return `((${compileSearch(node.node, parameters, deleted)}) is not true)`
  // Narrowed by `kind`, a union that holds itself loses its members one by one; the three above are all but these.
  return compileCondition(node as SearchCondition, parameters, deleted)
}

/** Levels a comparison allows, lowest first. */
export function levelsOf(comparison: Comparison, level: Level): Level[] {
  const rank = LEVELS.indexOf(level)
  return LEVELS.filter((_, other) => holds(other, comparison, rank))
}

function holds(a: number, comparison: Comparison, b: number): boolean {
  if (comparison === '=') return a === b
  if (comparison === '>') return a > b
  if (comparison === '>=') return a >= b
  return comparison === '<' ? a < b : a <= b
}

function compileCamera(id: number | null, parameters: Add, deleted: readonly number[]): string {
  if (id === null) {
    if (deleted.length === 0) return 'camera_id is null'
    return `(camera_id is null or camera_id = any (${parameters.add(deleted)}::integer[]))`
  }
  const bySource = `source = ${parameters.add(cameraSource(id))}::text`
  return deleted.includes(id) ? bySource : `(camera_id = ${parameters.add(id)}::integer or ${bySource})`
}

function compileCondition(condition: SearchCondition, parameters: Add, deleted: readonly number[]): string {
  switch (condition.kind) {
    case 'camera':
      return compileCamera(condition.id, parameters, deleted)
    case 'text': {
      const pattern = parameters.add(`%${escapeLike(condition.text)}%`)
      return `(message ilike ${pattern} or logger_name ilike ${pattern})`
    }
    case 'message':
      return `message ilike ${parameters.add(`%${escapeLike(condition.text)}%`)}`
    case 'regex': {
      const pattern = parameters.add(condition.pattern)
      return `(message ~* ${pattern} or logger_name ~* ${pattern})`
    }
    case 'line':
      return `message ~ ${parameters.add(condition.pattern)}`
    case 'level':
      return isOneOf('level', levelsOf(condition.comparison, condition.level), 'text', parameters)
    case 'source':
    case 'logger_name':
      if (condition.isGlob) return `${condition.kind} like ${parameters.add(globPattern(condition.value))}`
      return `${condition.kind} = ${parameters.add(condition.value)}::text`
    case 'id':
      return `id = ${parameters.add(condition.id)}::bigint`
    case 'request_id':
      return `(${isRequest(condition.value, parameters)})`
    case 'extra_data':
      return compileExtra(condition.path, condition.match, parameters)
  }
}

/** Containment where it means the same: `jsonb_path_ops` serves it. */
function compileExtra(path: readonly string[], match: ExtraMatch, parameters: Add): string {
  if (match.kind === 'is') {
    const text = JSON.stringify(match.text)
    const values = match.isTextOnly ? [text] : [text, match.text]
    // Digits may mean a place in an array, which containment does not know.
    if (path.some((key) => /^-?\d+$/.test(key))) {
      return `extra_data #> ${parameters.add(path)}::text[] = any (${parameters.add(values)}::jsonb[])`
    }
    const contained = values.map((value) => `extra_data @> ${parameters.add(nested(path, value))}::jsonb`)
    return contained.length === 1 ? (contained[0] as string) : `(${contained.join(' or ')})`
  }
  const keys = `${parameters.add(path)}::text[]`
  if (match.kind === 'exists') return `extra_data #> ${keys} is not null`
  if (match.kind === 'glob') return `extra_data #>> ${keys} like ${parameters.add(globPattern(match.text))}`
  // `case` and not `and`: only it promises that a text is never cast.
  const number = `${parameters.add(match.number)}::numeric`
  return `case when jsonb_typeof(extra_data #> ${keys}) = 'number' then (extra_data #>> ${keys})::numeric ${match.comparison} ${number} end`
}

/** `{"a":{"b":<json>}}`; the value is text because a number would lose digits. */
function nested(path: readonly string[], json: string): string {
  return path.reduceRight((inner, key) => `{${JSON.stringify(key)}:${inner}}`, json)
}

function globPattern(glob: string): string {
  return escapeLike(glob).replaceAll('*', '%')
}

/** Longer ones fit in no page of an index and would fail its whole build; they are found by reading the rows. */
const MAX_INDEXED_REQUEST_BYTES = 500

/** The condition on a request that lets its index be used, beside the id itself. */
export const REQUEST_IS_INDEXED = `octet_length(extra_data ->> 'request_id') <= ${MAX_INDEXED_REQUEST_BYTES}`

/** The source under which a camera's records come when they do not name its id. */
export function cameraSource(camera: number): string {
  return `camera_${camera}`
}

/** One value as an equation, which an ordered index serves, several as `= any`. */
export function isOneOf(
  column: string,
  values: readonly unknown[],
  type: string,
  parameters: Pick<SqlParameters, 'add'>,
): string {
  if (values.length === 1) return `${column} = ${parameters.add(values[0])}::${type}`
  return `${column} = any (${parameters.add(values)}::${type}[])`
}

/** A request, as its index is asked for it. */
export function isRequest(id: string, parameters: Pick<SqlParameters, 'add'>): string {
  const is = `extra_data ->> 'request_id' = ${parameters.add(id)}`
  return Buffer.byteLength(id) <= MAX_INDEXED_REQUEST_BYTES ? `${is} and ${REQUEST_IS_INDEXED}` : is
}

/** Text that `like` takes literally. */
export function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&')
}

/**
 * SQL of the one camera that a row is counted for: the camera it names, else the camera of its source `camera_<id>`. A
 * deleted camera's rows have none.
 *
 * @param row the name of the relation with a dot, or nothing
 */
export function cameraOf(
  row: string,
  deletedCameras: readonly number[],
  parameters: Pick<SqlParameters, 'add'>,
): string {
  const named =
    deletedCameras.length > 0
      ? `case when ${row}camera_id <> all (${parameters.add(deletedCameras)}::integer[]) then ${row}camera_id end`
      : `${row}camera_id`
  // Nine digits fit an integer.
  return `coalesce(${named}, case when ${row}source ~ '^camera_[1-9][0-9]{0,8}$' then substr(${row}source, 8)::integer end)`
}

/**
 * PostgreSQL's objection to a regular expression; undefined when it is valid. PostgreSQL alone knows its dialect. One
 * statement.
 */
export async function explainPattern(reader: Reader, pattern: string): Promise<string | undefined> {
  try {
    await reader.query(`select '' ~* $1 as matches`, [pattern])
    return undefined
  } catch (error) {
    const isBroken = error instanceof pg.DatabaseError && error.code === '2201B'
    if (!isBroken) throw error
    return error.message.replace(/^invalid regular expression: /, '')
  }
}
