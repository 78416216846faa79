import { unquote } from '../../../ingest/loki/labels.ts'
import { AppError } from '../../app-error.ts'
import { readBytes, readDuration, readPrometheusDuration } from './go-values.ts'

type TokenKind =
  | 'identifier'
  | 'string'
  | 'number'
  | 'duration'
  | 'bytes'
  | 'range'
  | 'flag'
  /** A word of the language. */
  | 'word'
  | 'symbol'
  | 'end'

export type Token = {
  kind: TokenKind
  /** As written; a string without its quotes, a word in lower case. */
  text: string
  /** Nanoseconds of a duration or range, bytes of a size. */
  value: number
  line: number
  column: number
}

/** Longer queries are refused, as Loki does. */
const MAX_CHARACTERS = 131_072

/** Names of functions and conversions: they are identifiers unless a bracket, or a grouping, follows. */
const FUNCTIONS = new Set([
  ...['rate', 'rate_counter', 'count_over_time', 'bytes_rate', 'bytes_over_time', 'avg_over_time'],
  ...['sum_over_time', 'min_over_time', 'max_over_time', 'stdvar_over_time', 'stddev_over_time'],
  ...['quantile_over_time', 'first_over_time', 'last_over_time', 'absent_over_time', 'vector'],
  ...['sum', 'avg', 'max', 'min', 'count', 'stddev', 'stdvar', 'bottomk', 'topk', 'approx_topk'],
  ...['sort', 'sort_desc', 'label_replace', 'bytes', 'duration', 'duration_seconds', 'ip'],
])

const WORDS = new Set([
  ...['unwrap', 'by', 'without', 'bool', 'offset', 'on', 'ignoring', 'group_left', 'group_right'],
  ...['or', 'and', 'unless', 'json', 'regexp', 'logfmt', 'unpack', 'pattern', 'label_format'],
  ...['line_format', 'decolorize', 'drop', 'keep'],
])

/** The names of these words in Loki's errors; others are called by their own text. */
const WORD_NAMES: Readonly<Record<string, string>> = {
  bytes: 'BYTES_CONV',
  duration: 'DURATION_CONV',
  duration_seconds: 'DURATION_SECONDS_CONV',
  ip: 'ip',
  label_replace: 'label_replace',
}

const SPACE = /(?:\s|#[^\n]*)*/y
const NAME = /[\p{L}_][\p{L}\p{N}_.:]*/uy
const STRING = /"(?:[^"\\\n]|\\.)*"|`[^`]*`/sy
const NUMBER = /0[xX][\da-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/y
/** Longer ones are none: looking on at every digit would take the square of the query's length. */
const DURATION_TAIL = /[\p{N}nuµmshdwy.]{1,60}/uy
const BYTES_TAIL = /[\p{N}BikKMGTP.]{1,60}/uy
const FLAG = /--[\p{L}-]+/uy
const SYMBOLS = ['|=', '|~', '|>', '!=', '!~', '!>', '=~', '==', '>=', '<=']
const FUNCTION_FOLLOWS = /\s*(?:\(|(?:by|without)\s*\()/iy

/** The tokens of a query; the last token is its end. @throws {LogqlError} */
export function tokenize(text: string): Token[] {
  const size = Buffer.byteLength(text)
  if (size >= MAX_CHARACTERS) throw new LogqlError(`input size too long (${size} > ${MAX_CHARACTERS})`, 0, 0)
  const tokens: Token[] = []
  let at = 0
  let line = 1
  let lineStart = 0
  const read = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    return pattern.exec(text)?.[0]
  }
  for (;;) {
    const space = read(SPACE) ?? ''
    for (let index = space.indexOf('\n'); index >= 0; index = space.indexOf('\n', index + 1)) {
      line += 1
      lineStart = at + index + 1
    }
    at += space.length
    const column = at - lineStart + 1
    /** Loki forgets the line of tokens that it reads character by character. */
    const push = (kind: TokenKind, characters: number, value = '', amount = 0, isByCharacter = false) => {
      tokens.push({ kind, text: value, value: amount, line: isByCharacter ? 0 : line, column })
      at += characters
    }
    if (at >= text.length) {
      push('end', 0)
      return tokens
    }
    const name = read(NAME)
    if (name !== undefined) {
      const word = name.toLowerCase()
      if (FUNCTIONS.has(word)) {
        at += name.length
        const isFunction = read(FUNCTION_FOLLOWS) !== undefined
        at -= name.length
        push(isFunction ? 'word' : 'identifier', name.length, isFunction ? word : name)
      } else if (WORDS.has(word)) push('word', name.length, word)
      else push('identifier', name.length, name)
      continue
    }
    const character = text[at] as string
    if (character === '"' || character === '`') {
      const quoted = read(STRING)
      if (quoted === undefined) throw new LogqlError('literal not terminated', line, column)
      const value = unquote(quoted)
      if (value === undefined) throw new LogqlError('invalid char escape', line, column)
      const breaks = quoted.lastIndexOf('\n')
      const start = at
      push('string', quoted.length, value)
      if (breaks >= 0) {
        line += quoted.split('\n').length - 1
        lineStart = start + breaks + 1
      }
      continue
    }
    if (character === '[') {
      const end = text.indexOf(']', at)
      if (end < 0) throw new LogqlError("missing closing ']' in duration", 0, column)
      const range = readPrometheusDuration(text.slice(at + 1, end))
      if ('problem' in range) throw new LogqlError(range.problem, 0, column)
      push('range', end + 1 - at, text.slice(at, end + 1), range.value, true)
      continue
    }
    const flag = character === '-' ? read(FLAG) : undefined
    if (flag === '--strict' || flag === '--keep-empty') {
      push('flag', flag.length, flag, 0, true)
      continue
    }
    const number = character === '-' ? '-' : read(NUMBER)
    if (number !== undefined) {
      const start = at
      at += number.length
      const duration = number + (read(DURATION_TAIL) ?? '')
      const bytes = number + (read(BYTES_TAIL) ?? '')
      at = start
      const nanos = duration.length > number.length ? readDuration(duration) : undefined
      if (nanos !== undefined) {
        push('duration', duration.length, duration, nanos, true)
        continue
      }
      const size = number !== '-' && bytes.length > number.length ? readBytes(bytes) : undefined
      if (size && 'value' in size) {
        push('bytes', bytes.length, bytes, size.value, true)
        continue
      }
      if (number !== '-') {
        push('number', number.length, number)
        continue
      }
    }
    const pair = SYMBOLS.find((one) => text.startsWith(one, at))
    if (pair !== undefined) push('symbol', pair.length, pair, 0, true)
    else if ('{}()=,|<>+-*/%^@]'.includes(character)) push('symbol', 1, character)
    else push('identifier', 1, character)
  }
}

/** The name of a token in Loki's errors. */
export function nameOf({ kind, text }: Token): string {
  switch (kind) {
    case 'end':
      return '$end'
    case 'identifier':
    case 'string':
    case 'number':
    case 'duration':
    case 'bytes':
    case 'range':
      return kind.toUpperCase()
    case 'flag':
      return 'FUNCTION_FLAG'
    case 'word':
      return WORD_NAMES[text] ?? (FUNCTIONS.has(text) ? text.toUpperCase() : text)
    default:
      return text
  }
}

/** A query that cannot be read, in the words and with the place that Loki has for it; 0 and 0 where it has none. */
export class LogqlError extends AppError {
  constructor(problem: string, line = 0, column = 0) {
    const place = line === 0 && column === 0 ? '' : `at line ${line}, col ${column}`
    super('INVALID_REQUEST', place === '' ? `parse error : ${problem}` : `parse error ${place}: ${problem}`)
  }
}
