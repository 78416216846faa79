// JSON read where it stands: numbers keep the digits they were written with, and what comes before a fault counts.

type JsonKind = 'string' | 'number' | 'boolean' | 'null' | 'object' | 'array'
export type JsonPiece = {
  kind: JsonKind
  /** As written, a string without its quotes. */
  raw: string
}

/** What is wrong with the text, in the words of Loki's parser. */
export class JsonFault extends Error {
  override name = 'JsonFault'
}

const OBJECT = "Value looks like object, but can't find closing '}' symbol"
const ARRAY = "Value is array, but can't find closing ']' symbol"
const STRING = `Value is string, but can't find closing '"' symbol`
const VALUE = "Value looks like Number/Boolean/None, but can't find its end: ',' or '}' symbol"
const MALFORMED = 'Malformed JSON error'
const UNKNOWN = 'Unknown value type'

/** Hands over each field of an object until `take` returns false. @throws {JsonFault} */
export function eachField(text: string, take: (key: string, piece: JsonPiece) => boolean | undefined): void {
  let at = skipSpace(text, 0)
  if (text[at] !== '{') throw new JsonFault(OBJECT)
  at = skipSpace(text, at + 1)
  if (text[at] === '}') return
  for (;;) {
    if (text[at] !== '"') throw new JsonFault(at >= text.length ? MALFORMED : OBJECT)
    const end = endOfString(text, at)
    if (end === undefined) throw new JsonFault(STRING)
    const key = unescapeJson(text.slice(at + 1, end - 1))
    at = skipSpace(text, end)
    if (text[at] !== ':') throw new JsonFault(MALFORMED)
    at = skipSpace(text, at + 1)
    const next = endOfValue(text, at)
    if (take(key, pieceOf(text, at, next)) === false) return
    at = skipSpace(text, next)
    if (text[at] === '}') return
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
  eachField(raw, (key, piece) => {
    if (key === name) found = piece
    return found === undefined
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
  while (end < text.length && !' \n\r\t,}]'.includes(text[end] as string)) end += 1
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
    if (text[at] === '\\') at += 1
    else if (text[at] === '"') return at + 1
  }
  return undefined
}

function skipSpace(text: string, start: number): number {
  let at = start
  while (at < text.length && ' \n\r\t'.includes(text[at] as string)) at += 1
  return at
}

/** The text that an escaped one stands for; empty when an escape is broken. */
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
  return steps
}
