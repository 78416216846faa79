import { createHash } from 'node:crypto'
import type { ScannedFields } from '../../store/reading/field-scan.ts'
import { type NumberFigures, NumberSummary } from './number-summary.ts'

/** A value that is no list and no object. */
type FieldValue = {
  /** As JSON writes it, text without its quotes; the beginning of long text. */
  text: string
  kind: 'text' | 'number' | 'boolean' | 'null'
  count: number
  /** Lines of it at ERROR and above. */
  errors: number
  last_at: string
  /** The text for `q` that lists its lines; null where the search cannot express it. */
  q: string | null
}

export type FieldSummary = {
  /** Its keys with dots between: `camera.temperature` in `extra_data`. */
  field: string
  /** Lines that have it. */
  lines: number
  /** Lines of it that hold a list, which is not looked into. */
  lists: number
  /** Most first. */
  values: FieldValue[]
  /** Distinct values; there are more of them when `is_distinct_cut`. */
  distinct: number
  is_distinct_cut: boolean
  /** Lines whose value is none of those listed. */
  others: number
  numbers: NumberFigures | null
}

/** Distinct fields; later fields are not counted. */
const MAX_FIELDS = 300

/** Distinct values of a field, and of all fields together. */
const MAX_VALUES = 5000
const MAX_VALUES_OF_ALL = 100_000

/** Bytes of all values and names that are kept, each character as two and each value with some for its counts. */
const MAX_BYTES = 16 * 1024 * 1024
const BYTES_OF_A_VALUE = 120

/** Fields whose keys are longer together are not counted: their names would be most of what is kept. */
const MAX_NAME = 500

/** Deeper objects are not looked into. */
const MAX_DEPTH = 6

/** Characters of a text that are kept. */
const KEPT = 200

/** Keys that the search can name. */
export const SEARCHABLE = /^[^\s.:"()]+$/

/** The fields of `extra_data` and their values, within bounded memory. */
export class FieldValues {
  readonly #fields = new Map<string, Field>()
  readonly #path: readonly string[] | undefined
  #values = 0
  #bytes = 0
  /** Lines added, with fields or without. */
  total = 0
  /** Whether there are fields that were not counted. */
  isCut = false

  /** @param path of the one field that is looked at, when the lines hold its value alone */
  constructor(path?: readonly string[]) {
    this.#path = path
  }

  add(lines: readonly ScannedFields[]): void {
    for (const line of lines) {
      if (line.value !== undefined) this.#walk(line, line.value, this.#path ?? [], 0)
    }
    this.total += lines.length
  }

  /**
   * The fields that most lines have.
   *
   * @param limit how many fields, and values of each
   */
  list(limit: { fields: number; values: number }): FieldSummary[] {
    return [...this.#fields.values()]
      .sort((a, b) => b.lines - a.lines || (a.name < b.name ? -1 : 1))
      .slice(0, limit.fields)
      .map((field) => summarise(field, limit.values))
  }

  #walk(line: ScannedFields, value: unknown, path: readonly string[], depth: number): void {
    if (isObject(value) && depth < MAX_DEPTH) {
      for (const key of Object.keys(value)) this.#walk(line, value[key], [...path, key], depth + 1)
      return
    }
    // A scalar where an object is expected has no name.
    if (path.length === 0) return
    const field = this.#fieldAt(path)
    if (!field) return
    field.lines++
    if (typeof value === 'object' && value !== null) field.lists++
    else this.#count(field, line, value as Scalar)
  }

  #fieldAt(path: readonly string[]): Field | undefined {
    const key = path.join('\0')
    if (key.length > MAX_NAME) {
      this.isCut = true
      return undefined
    }
    const known = this.#fields.get(key)
    if (known) return known
    if (this.#fields.size >= MAX_FIELDS) {
      this.isCut = true
      return undefined
    }
    const made: Field = {
      name: path.join('.'),
      term: path.every((step) => SEARCHABLE.test(step)) ? `extra_data.${path.join('.')}` : null,
      lines: 0,
      lists: 0,
      values: new Map(),
      isCut: false,
      numbers: new NumberSummary(),
    }
    this.#fields.set(key, made)
    return made
  }

  #count(field: Field, { level, timestamp }: ScannedFields, value: Scalar): void {
    if (typeof value === 'number') field.numbers.add(value)
    const errors = level === 'ERROR' || level === 'CRITICAL' ? 1 : 0
    const kept = typeof value === 'string' && value.length > KEPT ? beginningOf(value) : value
    const known = field.values.get(kept)
    if (known) {
      known.count++
      known.errors += errors
    } else if (
      field.values.size < MAX_VALUES &&
      this.#values < MAX_VALUES_OF_ALL &&
      this.#bytes < MAX_BYTES
    ) {
      this.#values++
      this.#bytes += BYTES_OF_A_VALUE + (typeof kept === 'string' ? kept.length * 2 : 0)
      field.values.set(kept, { count: 1, errors, last_at: timestamp })
    } else field.isCut = true
  }
}

/**
 * A long text by its beginning and a digest that distinguishes it from others with the same beginning. A part of it
 * would keep all of it in memory.
 */
function beginningOf(text: string): string {
  const digest = createHash('sha256').update(text).digest('base64')
  return Buffer.from(text.slice(0, KEPT) + MARK + digest, 'utf16le').toString('utf16le')
}

/** No text that was stored has a NUL in it. */
const MARK = '\0'

type Scalar = string | number | boolean | null

type Field = {
  name: string
  /** The name in the search; null if it has none. */
  term: string | null
  lines: number
  lists: number
  /** By the value itself: 1 and "1" are two. Lines come newest first, so the first seen is the last written. */
  values: Map<Scalar, { count: number; errors: number; last_at: string }>
  isCut: boolean
  numbers: NumberSummary
}

function summarise({ name, term, lines, lists, values, isCut, numbers }: Field, limit: number): FieldSummary {
  const listed = [...values]
    .sort(([a, x], [b, y]) => y.count - x.count || (String(a) < String(b) ? -1 : 1))
    .slice(0, limit)
    .map(([value, counted]) => ({ ...described(value), ...counted, q: term && searchFor(term, value) }))
  return {
    field: name,
    lines,
    lists,
    values: listed,
    distinct: values.size,
    is_distinct_cut: isCut,
    others: lines - lists - listed.reduce((sum, { count }) => sum + count, 0),
    numbers: numbers.figures() ?? null,
  }
}

function described(value: Scalar): Pick<FieldValue, 'text' | 'kind'> {
  if (value === null) return { text: 'null', kind: 'null' }
  if (typeof value === 'string') {
    return { text: value.length > KEPT ? `${value.slice(0, KEPT)}…` : value, kind: 'text' }
  }
  return { text: String(value), kind: typeof value === 'number' ? 'number' : 'boolean' }
}

function searchFor(term: string, value: Scalar): string | null {
  // Digits beyond these were lost when the line was read.
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) return null
  if (typeof value !== 'string') return `${term}:${value}`
  if (value.length > KEPT) return null
  return `${term}:${quoted(value)}`
}

/** A text as a value of the search, as the page writes what is clicked on: in quotes where it would be misread without. */
export function quoted(value: string): string {
  const isPlain = /^[a-z_][\w./-]*$/i.test(value) && !/^(true|false|null)$/.test(value)
  return isPlain ? value : `"${value.replace(/["\\]/g, '\\$&')}"`
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
