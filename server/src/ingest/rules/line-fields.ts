// The fields of a record as rules name them: columns by their names, and what is in `extra_data` by name or path.
import type { ExtraData, Json, LogRecord } from '@timelapser/logger'

/** Columns that a rule may look at. */
const COLUMNS = ['message', 'logger_name', 'source', 'level', 'camera_id', 'timestamp'] as const
type Column = (typeof COLUMNS)[number]

/** Columns that a field may become. */
const TEXT_COLUMNS = ['message', 'logger_name'] as const
export type TextColumn = (typeof TEXT_COLUMNS)[number]

export function isColumn(field: string): field is Column {
  return (COLUMNS as readonly string[]).includes(field)
}

export function isTextColumn(field: string): field is TextColumn {
  return (TEXT_COLUMNS as readonly string[]).includes(field)
}

/** A record that a rule works on; `extra` is its own, and nothing else of it is changed in place. */
export type Line = { record: LogRecord; extra: ExtraData }

/** The value of a field; a name with dots that is none is a path. Undefined when there is nothing. */
export function readField(line: Line, field: string): Json | undefined {
  if (isColumn(field)) return line.record[field] ?? undefined
  const place = placeOf(line.extra, field)
  return place?.holder[place.key]
}

/** A value as people see it in a line. */
export function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Takes a field out of `extra_data` and returns its value. */
export function takeField(line: Line, field: string): Json | undefined {
  const place = ownPlaceOf(line, field)
  if (place === undefined) return undefined
  const value = place.holder[place.key]
  delete place.holder[place.key]
  return value
}

/** Gives a field of `extra_data` another value. */
export function replaceField(line: Line, field: string, value: Json): void {
  const place = ownPlaceOf(line, field)
  if (place !== undefined) place.holder[place.key] = value
}

type Place = { holder: ExtraData; key: string }

function placeOf(extra: ExtraData, field: string): Place | undefined {
  if (Object.hasOwn(extra, field)) return { holder: extra, key: field }
  const [first = '', ...rest] = field.split('.')
  let holder = extra
  let key = first
  for (const next of rest) {
    const inner = Object.hasOwn(holder, key) ? holder[key] : undefined
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return undefined
    holder = inner
    key = next
  }
  return Object.hasOwn(holder, key) ? { holder, key } : undefined
}

/** As `placeOf`; objects on the way are copied first, since the record that came is kept as it is. */
function ownPlaceOf(line: Line, field: string): Place | undefined {
  if (placeOf(line.extra, field) === undefined) return undefined
  if (Object.hasOwn(line.extra, field)) return { holder: line.extra, key: field }
  const path = field.split('.')
  let holder = line.extra
  for (const key of path.slice(0, -1)) {
    const copy = { ...(holder[key] as ExtraData) }
    holder[key] = copy
    holder = copy
  }
  return { holder, key: path.at(-1) as string }
}
