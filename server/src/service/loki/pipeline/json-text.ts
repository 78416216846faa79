// JSON read where it stands: numbers keep the digits they were written with, and what comes before a fault counts.

type JsonKind = 'string' | 'number' | 'boolean' | 'null' | 'object' | 'array'
export type JsonPiece = {
  kind: JsonKind
  /** As written, a string without its quotes. */
  raw: string
}

/** A fault of the text, in the words of Loki's parser. */
export class JsonFault extends Error {
  override name = 'JsonFault'
}

const OBJECT = "Value looks like object, but can't find closing '}' symbol"
const ARRAY = "Value is array, but can't find closing ']' symbol"
const STRING = `Value is string, but can't find closing '"' symbol`
const VALUE = "Value looks like Number/Boolean/None, but can't find its end: ',' or '}' symbol"
const MALFORMED = 'Malformed JSON error'
const UNKNOWN = 'Unknown value type'

/** Is handed the fields of an object, in their order. */
export type FieldVisitor = {
  /** A field that holds no object. @returns whether to go on */
  field: (key: string, piece: JsonPiece) => boolean
  /** A field that holds an object. @returns who visits its fields; undefined leaves them out */
  object?: (key: string) => FieldVisitor | undefined
}

/** Visits the fields of an object, those of objects within among them. @throws {JsonFault} */
export function visitFields(text: string, visitor: FieldVisitor): void {
  const at = skipSpace(text, 0)
  if (text[at] !== '{') throw new JsonFault(OBJECT)
  visitObject(text, at, visitor)
}

/** @returns where the object ends; -1 when a visitor wants no more */
function visitObject(text: string, start: number, visitor: FieldVisitor): number {
  let at = skipSpace(text, start + 1)
  if (text[at] === '}') return at + 1
  for (;;) {
    if (text[at] !== '"') throw new JsonFault(at >= text.length ? MALFORMED : OBJECT)
    const end = endOfString(text, at)
    if (end === undefined) throw new JsonFault(STRING)
    const key = unescapeJson(text.slice(at + 1, end - 1))
    at = skipSpace(text, end)
    if (text[at] !== ':') throw new JsonFault(MALFORMED)
    at = skipSpace(text, at + 1)
    const within = text[at] === '{' ? visitor.object?.(key) : undefined
    if (within !== undefined) {
      // Each character of an object within is read once, however deep it lies.
      at = visitObject(text, at, within)
      if (at < 0) return -1
    } else {
      const next = endOfValue(text, at)
      if (!visitor.field(key, pieceOf(text, at, next))) return -1
      at = next
    }
    at = skipSpace(text, at)
    if (text[at] === '}') return at + 1
    if (text[at] !== ',') throw new JsonFault(OBJECT)
    at = skipSpace(text, at + 1)
  }
}

/** The value at a path of keys and places in arrays; undefined when there is none. @throws {JsonFault} */
export function valueAt(text: string, path: readonly (string | number)[]): JsonPiece | undefined {
  const at = skipSpace(text, 0)
  let piece: JsonPiece | undefined = pieceOf(text, at, endOfValue(text, at))
  for (const step of path) {
    if (piece === undefined) return undefined
    piece = typeof step === 'number' ? elementOf(piece, step) : fieldOf(piece, step)
  }
  return piece
}

function fieldOf({ kind, raw }: JsonPiece, name: string): JsonPiece | undefined {
  let found: JsonPiece | undefined
  if (kind !== 'object') return undefined
  visitFields(raw, {
    field: (key, piece) => {
      if (key === name) found = piece
      return found === undefined
    },
  })
  return found
}

function elementOf({ kind, raw }: JsonPiece, place: number): JsonPiece | undefined {
  if (kind !== 'array') return undefined
  let at = skipSpace(raw, 1)
  for (let index = 0; raw[at] !== ']'; index += 1) {
    const next = endOfValue(raw, at)
    if (index === place) return pieceOf(raw, at, next)
    at = skipSpace(raw, next)
    if (raw[at] === ',') at = skipSpace(raw, at + 1)
    else if (raw[at] !== ']') throw new JsonFault(ARRAY)
  }
  return undefined
}

function pieceOf(text: string, start: number, end: number): JsonPiece {
  const raw = text.slice(start, end)
  const first = raw[0] ?? ''
  if (first === '"') return { kind: 'string', raw: raw.slice(1, -1) }
  if (first === '{') return { kind: 'object', raw }
  if (first === '[') return { kind: 'array', raw }
  if (raw === 'true' || raw === 'false') return { kind: 'boolean', raw }
  if (raw === 'null') return { kind: 'null', raw }
  if (/[-\d]/.test(first)) return { kind: 'number', raw }
  throw new JsonFault(UNKNOWN)
}

function endOfValue(text: string, at: number): number {
  const first = text[at]
  if (first === '"') {
    const end = endOfString(text, at)
    if (end === undefined) throw new JsonFault(STRING)
    return end
  }
  if (first === '{' || first === '[') {
    const end = endOfBlock(text, at)
    if (end === undefined) throw new JsonFault(first === '{' ? OBJECT : ARRAY)
    return end
  }
  let end = at
  while (end < text.length && !isEnd(text.charCodeAt(end))) end += 1
  if (end >= text.length && at < text.length && first !== undefined && text[0] === '{')
    throw new JsonFault(VALUE)
  return end
}

/** Right behind the bracket that closes the one at this place. */
function endOfBlock(text: string, start: number): number | undefined {
  const open = text[start]
  const close = open === '{' ? '}' : ']'
  let depth = 0
  for (let at = start; at < text.length; at += 1) {
    const character = text[at]
    if (character === '"') {
      const end = endOfString(text, at)
      if (end === undefined) return undefined
      at = end - 1
    } else if (character === open) depth += 1
    else if (character === close) {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  return undefined
}

/** Right behind the closing quote. */
function endOfString(text: string, start: number): number | undefined {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === 92) at += 1
    else if (code === 34) return at + 1
  }
  return undefined
}

/** A comma, or a bracket that closes. */
function isEnd(code: number): boolean {
  return code === 44 || code === 125 || code === 93 || isSpace(code)
}

function isSpace(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9
}

function skipSpace(text: string, start: number): number {
  let at = start
  while (isSpace(text.charCodeAt(at))) at += 1
  return at
}

/** The unescaped text; empty when an escape is broken. */
export function unescapeJson(raw: string): string {
  if (!raw.includes('\\')) return raw
  try {
    // Control characters stand unescaped in lines that no library wrote.
    const quoted = raw.replace(
      /\p{Cc}/gu,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    return String(JSON.parse(`"${quoted}"`))
  } catch {
    return ''
  }
}

/** Steps of a path; each reads the rest of the line again. */
const MAX_PATH = 50

/** `servers[0]["name"].host` as its steps. @throws {Error} */
export function readJsonPath(text: string): (string | number)[] {
  const steps: (string | number)[] = []
  const piece = /(?:^|\.)([A-Za-z_@$][\w@$-]*)|\[(?:(\d+)|"((?:[^"\\]|\\.)*)")\]/y
  while (piece.lastIndex < text.length) {
    const place = piece.lastIndex
    const found = piece.exec(text)
    if (!found) throw new Error(`syntax error: unexpected ${JSON.stringify(text.slice(place, place + 10))}`)
    const [, name, index, quoted] = found
    steps.push(name ?? (index === undefined ? unescapeJson(quoted ?? '') : Number(index)))
  }
  if (steps.length === 0) throw new Error('syntax error: unexpected $end')
  if (steps.length > MAX_PATH) throw new Error(`more than ${MAX_PATH} steps`)
  return steps
}
