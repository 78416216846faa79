import { RE2JS } from 're2js'
import { type PatternToken, RedactionPatternError } from './pattern-tokens.ts'

/** White space of JavaScript, which knows more of it than RE2: first and last of each stretch. */
const SPACES = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
] as const
const NOT_SPACES = [...SPACES, [0x110000, 0x110000] as const].map(
  ([first], index) => [index === 0 ? 0 : (SPACES[index - 1]?.[1] ?? 0) + 1, first - 1] as const,
)
const ENDS_OF_LINES = '\\n\\r\\x{2028}\\x{2029}'

/**
 * The pattern on RE2, whose work is linear in the text for any pattern. It matches as V8 would.
 *
 * @throws {RedactionPatternError} for a property that RE2 does not know
 */
export function compileOnRe2(tokens: readonly PatternToken[]): RE2JS {
  const source = tokens
    .map(({ text, kind, repeat }) => (kind === 'atom' ? atom(text) : text) + repeat)
    .join('')
  try {
    return RE2JS.compile(source, RE2JS.CASE_INSENSITIVE)
  } catch (error) {
    const reason =
      error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error)
    throw new RedactionPatternError(`not a regular expression of RE2: ${reason}`, 0)
  }
}

function atom(text: string): string {
  if (text === '.') return `[^${ENDS_OF_LINES}]`
  if (text.startsWith('[')) {
    const isNot = text.startsWith('[^')
    const inside = text.slice(isNot ? 2 : 1, -1)
    const pieces = inside.match(
      /\\(?:u\{[^}]*\}|u[\da-f]{4}|x[\da-f]{2}|[pP]\{[^}]*\}|c[a-z]|[\s\S])|[\s\S]/giu,
    )
    return `[${isNot ? '^' : ''}${(pieces ?? []).map(insideOfClass).join('')}]`
  }
  return text === '\\s' || text === '\\S' ? `[${insideOfClass(text)}]` : escaped(text)
}

function insideOfClass(text: string): string {
  if (text === '[') return '\\['
  if (text === '\\s') return ranges(SPACES)
  if (text === '\\S') return ranges(NOT_SPACES)
  if (text === '\\b') return '\\x{8}'
  return escaped(text)
}

function ranges(of: readonly (readonly [number, number])[]): string {
  return of.map(([first, last]) => `${code(first)}-${code(last)}`).join('')
}

function escaped(text: string): string {
  const pair = /^\\u(d[89ab]..)\\u(d[c-f]..)$/i.exec(text)
  if (pair) return code(hex(pair[1]) * 0x400 + hex(pair[2]) - (0xd800 * 0x400 + 0xdc00 - 0x10000))
  const [, digits] = /^\\(?:u\{?|x)([\da-f]+)\}?$/i.exec(text) ?? []
  if (digits !== undefined) return code(hex(digits))
  const [, control] = /^\\c([a-z])$/i.exec(text) ?? []
  if (control !== undefined) return code(control.charCodeAt(0) % 32)
  if (text === '\\0') return code(0)
  return text.replace(/^(\\p\{)(?:script|sc|general_category|gc)=/i, '$1')
}

function hex(digits: string | undefined): number {
  return Number.parseInt(digits ?? '', 16)
}

function code(point: number): string {
  return `\\x{${point.toString(16)}}`
}
