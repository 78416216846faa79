// Which fields of a block's `extra_data` have columns of numbers.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { SqlParameters } from '../database/sql-parameters.ts'
import { ABSENT, decodeColumn, encodeColumn, NUMBER, numberAt, OTHER } from './number-column.ts'
import { numberOf } from './number-value.ts'

/** Fields with a column at most: those with the most numbers. */
const MOST_COLUMNS = 32

/** Fields without one that are remembered, to tell which do not occur at all. */
const MOST_OTHERS = 300

/** Fields that are looked at, and the longest name of one. */
const MOST_FIELDS = 1000
const LONGEST_NAME = 200

/** Keys that lead to a value, as for a chart. */
const MOST_KEYS = 20

/** Different values beside numbers; a field with more has no column. */
const MOST_OTHER_VALUES = 100

/** The beginning of another value. */
const OTHER_CHARACTERS = 200

/** Amounts that not every way of computing takes for the same: a field with one has no column. */
const TINY = 1e-300
const HUGE = 1e300

/** Rows looked at before others have their turn: some two milliseconds. */
const SLICE = 500

/** The name of the part with the numbers of the rows' combinations. */
const CODES = ''

export type NumberColumns = {
  fields: string[]
  others: string[] | null
  ends: number[]
  bytes: Buffer
}

type Field = {
  name: string
  rows: number[]
  kinds: number[]
  numbers: number[]
  others: Map<string, number>
  isFit: boolean
}

/**
 * The columns of the rows of a block.
 *
 * @param extras JSON of each row's `extra_data`; empty for none
 * @param codes the number of each row's combination, from 1
 * @throws when a column does not say what the rows say
 */
export async function numberColumnsOf(
  extras: readonly string[],
  codes: readonly number[],
): Promise<NumberColumns> {
  const fields = new Map<string, Field>()
  let isWhole = true
  for (const [row, extra] of extras.entries()) {
    if (row % SLICE === SLICE - 1) await nextTurn()
    if (extra !== '' && !takeFields(JSON.parse(extra), '', 1, row, fields)) isWhole = false
  }
  const chosen = [...fields.values()]
    .filter(({ isFit, numbers }) => isFit && numbers.length > 0)
    .sort((a, b) => b.numbers.length - a.numbers.length || (a.name < b.name ? -1 : 1))
    .slice(0, MOST_COLUMNS)
  const names = chosen.map(({ name }) => name)
  const others = [...fields.keys()].filter((name) => !names.includes(name))
  const everyCode = { kinds: new Uint8Array(codes.length).fill(NUMBER), numbers: codes, others: [] }
  const parts = [encodeColumn(CODES, everyCode)]
  for (const field of chosen) {
    parts.push(encodeColumn(field.name, valuesOf(field, extras.length)))
    await nextTurn()
  }
  let end = 0
  const columns = {
    fields: names,
    others: isWhole && others.length <= MOST_OTHERS ? others : null,
    ends: parts.map((part) => (end += part.length)),
    bytes: Buffer.concat(parts),
  }
  await verify(columns, extras, codes)
  return columns
}

/** The numbers of the rows' combinations, from 1. */
export function decodeCodes(bytes: Buffer, rows: number): { units: Uint32Array; least: number } | undefined {
  return decodeColumn(CODES, bytes, rows)
}

/** Whether a chart's field can have a column: a key that is a number is a place in a list as well. */
export function columnName(path: readonly string[]): string | undefined {
  const name = path.join('.')
  return path.length <= MOST_KEYS && name.length <= LONGEST_NAME && path.every(isKey) ? name : undefined
}

function isKey(key: string): boolean {
  return key !== '' && !key.includes('.') && !/^\s*[+-]?\d+\s*$/.test(key)
}

/** SQL of whether the columns of a block `b` tell each row's number of the field. */
export function hasColumn(name: string, parameters: Pick<SqlParameters, 'add'>): string {
  const field = `${parameters.add(name)}::text`
  return `((b.numbers is not null and (${field} = any (b.number_fields) or ${field} <> all (b.other_fields))) is true)`
}

/** @returns whether it has no more fields than are looked at */
function takeFields(
  value: unknown,
  lead: string,
  depth: number,
  row: number,
  fields: Map<string, Field>,
): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return true
  if (depth > MOST_KEYS) return true
  let isWhole = true
  for (const [key, inner] of Object.entries(value)) {
    if (!isKey(key)) continue
    const name = lead + key
    if (name.length > LONGEST_NAME) continue
    if (!takeValue(inner, name, row, fields)) isWhole = false
    if (!takeFields(inner, `${name}.`, depth + 1, row, fields)) isWhole = false
  }
  return isWhole
}

function takeValue(value: unknown, name: string, row: number, fields: Map<string, Field>): boolean {
  // As for a row without it.
  if (value === null) return true
  let field = fields.get(name)
  if (!field) {
    if (fields.size >= MOST_FIELDS) return false
    field = { name, rows: [], kinds: [], numbers: [], others: new Map(), isFit: true }
    fields.set(name, field)
  }
  if (!field.isFit) return true
  const number = numberOf(value)
  if (number === undefined ? !takeOther(value, row, field) : !takeNumber(number, row, field)) {
    // Its rows are not needed any more.
    fields.set(name, { name, rows: [], kinds: [], numbers: [], others: new Map(), isFit: false })
  }
  return true
}

function takeNumber(number: number, row: number, field: Field): boolean {
  const size = Math.abs(number)
  if (size > HUGE || (size < TINY && size > 0)) return false
  field.rows.push(row)
  field.kinds.push(NUMBER)
  // No zero below zero.
  field.numbers.push(number + 0)
  return true
}

function takeOther(value: unknown, row: number, field: Field): boolean {
  // A number that no double holds: its text may be one elsewhere.
  if (typeof value === 'number') return false
  const text = beginningOf(typeof value === 'string' ? value : jsonText(value))
  let kind = field.others.get(text)
  if (kind === undefined) {
    if (field.others.size === MOST_OTHER_VALUES) return false
    kind = OTHER + field.others.size
    field.others.set(text, kind)
  }
  field.rows.push(row)
  field.kinds.push(kind)
  return true
}

/** JSON as PostgreSQL writes it. */
function jsonText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jsonText).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}: ${jsonText(inner)}`)
  return `{${members.join(', ')}}`
}

function beginningOf(text: string): string {
  if (text.length <= OTHER_CHARACTERS) return text
  return [...text.slice(0, 2 * OTHER_CHARACTERS)].slice(0, OTHER_CHARACTERS).join('')
}

function valuesOf({ rows, kinds, numbers, others }: Field, count: number) {
  const every = new Uint8Array(count).fill(ABSENT)
  for (const [index, row] of rows.entries()) every[row] = kinds[index] as number
  return { kinds: every, numbers, others: [...others.keys()] }
}

/** Reads the columns again and holds them to the rows, looked up there as a chart does. */
async function verify(
  { fields, ends, bytes }: NumberColumns,
  extras: readonly string[],
  codes: readonly number[],
): Promise<void> {
  const own = decodeCodes(bytes.subarray(0, ends[0]), codes.length)
  if (!own || codes.some((code, row) => code !== own.least + (own.units[row] as number))) throw unlike(CODES)
  const columns = fields.map((name, index) => {
    const column = decodeColumn(name, bytes.subarray(ends[index], ends[index + 1]), extras.length)
    if (!column) throw unlike(name)
    return { name, path: name.split('.'), column }
  })
  for (const [row, extra] of extras.entries()) {
    if (row % SLICE === SLICE - 1) await nextTurn()
    const record: unknown = extra === '' ? null : JSON.parse(extra)
    for (const { name, path, column } of columns) {
      const value = valueAt(record, path)
      const number = numberOf(value)
      const kind = column.kinds ? (column.kinds[row] as number) : NUMBER
      const isSame =
        number !== undefined
          ? kind === NUMBER && numberAt(column, row) === number
          : value === null || value === undefined
            ? kind === ABSENT
            : kind >= OTHER
      if (!isSame) throw unlike(name)
    }
  }
}

function valueAt(record: unknown, path: readonly string[]): unknown {
  let value = record
  for (const key of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    if (!Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value
}

function unlike(name: string): Error {
  return new Error(`a column of numbers (${name || 'codes'}) differs from its lines`)
}
