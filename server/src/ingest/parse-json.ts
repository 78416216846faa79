import { hasMoreValuesThan, MAX_VALUES_A_BODY, tooManyValues } from './body-limits.ts'
import { linesOf } from './body-lines.ts'
import { isInexact } from './record-fields.ts'

/** A parsed JSON text, or why it is none, without the piece of it that parsers like to repeat. */
export function parseJson(text: string): { value: unknown } | { reason: string } {
  try {
    return { value: parseText(text) }
  } catch (error) {
    return { reason: `not JSON: ${explain(error)}` }
  }
}

/** Parses a body that is a single JSON value. @throws {BodyTooLarge} when it holds more values than a body may */
export function parseBody(body: Uint8Array): { value: unknown } | { reason: string } {
  if (hasMoreValuesThan(body, MAX_VALUES_A_BODY)) throw tooManyValues()
  return parseJson(bodyText(body))
}

/** The bytes as text, without a byte order mark. */
export function bodyText(body: Uint8Array): string {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

/** Lines that are not blank, each without its line end. */
export function* filledLines(body: Uint8Array): Generator<string> {
  for (const line of linesOf(body)) if (line.trim() !== '') yield line
}

/** `JSON.parse` whose error has no stack: for a hundred thousand broken lines, stacks are most of the work. */
export function parseText(text: string): unknown {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return JSON.parse(text)
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** Parses once more; numbers that would change become text with the digits as they were written. */
export function parseExactly(text: string): unknown {
  const keepDigits = (_key: string, value: unknown, context: { source?: string }): unknown => {
    if (typeof value !== 'number' || !isInexact(value) || context.source === undefined) return value
    const changed =
      !Number.isFinite(value) || (/^-?\d+$/.test(context.source) && digitsOf(value) !== context.source)
    return changed ? context.source : value
  }
  try {
    return JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown)
  } catch {
    // A reviver recurses; next to an element nested 10,000 deep the plain parse has to do.
    return JSON.parse(text)
  }
}

/** A whole number with all its digits: `1e21`, as JavaScript has it, is how PostgreSQL's `1000000000000000000000` is kept. */
function digitsOf(value: number): string {
  const [, sign = '', first = '', rest = '', exponent] =
    /^(-?)(\d)(?:\.(\d+))?e\+(\d+)$/.exec(String(value)) ?? []
  return exponent === undefined ? String(value) : sign + (first + rest).padEnd(Number(exponent) + 1, '0')
}

/** The parser's complaint, without the piece of the body it repeats. */
export function explain(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.replace(/, (?:\.\.\.)?".*$/s, '').replace(/ in JSON/, '')
}
