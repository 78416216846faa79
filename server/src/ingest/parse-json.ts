import { hasMoreValuesThan, MAX_VALUES_A_BODY, tooManyValues } from './body-limits.ts'
import { linesOf } from './body-lines.ts'

/** A parsed JSON text, or why it is none, without the piece of it that parsers like to repeat. */
export function parseJson(text: string): { value: unknown } | { reason: string } {
  try {
    return { value: parseText(text) }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { reason: `not JSON: ${message.replace(/, (?:\.\.\.)?".*$/s, '').replace(/ in JSON/, '')}` }
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
