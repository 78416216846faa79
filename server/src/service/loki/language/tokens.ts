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
  return new Tokenizer(text).tokens()
}

/** Reads a query from left to right: each method takes one kind of token at the place reached, and says whether there was one. */
class Tokenizer {
  readonly #text: string
  readonly #tokens: Token[] = []
  #at = 0
  #line = 1
  #lineStart = 0
  /** Where the token begins that is being read. */
  #column = 1

  constructor(text: string) {
    this.#text = text
  }

  tokens(): Token[] {
    for (;;) {
      this.#skipSpace()
      this.#column = this.#at - this.#lineStart + 1
      if (this.#at >= this.#text.length) {
        this.#push('end', 0)
        return this.#tokens
      }
      if (this.#takeName()) continue
      const character = this.#text[this.#at] as string
      if (character === '"' || character === '`') this.#takeString()
      else if (character === '[') this.#takeRange()
      else if (!this.#takeFlag(character) && !this.#takeNumber(character)) this.#takeSymbol(character)
    }
  }

  #skipSpace(): void {
    const space = this.#match(SPACE) ?? ''
    for (let index = space.indexOf('\n'); index >= 0; index = space.indexOf('\n', index + 1)) {
      this.#line += 1
      this.#lineStart = this.#at + index + 1
    }
    this.#at += space.length
  }

  #takeName(): boolean {
    const name = this.#match(NAME)
    if (name === undefined) return false
    const word = name.toLowerCase()
    if (FUNCTIONS.has(word)) {
      const isFunction = this.#match(FUNCTION_FOLLOWS, this.#at + name.length) !== undefined
      this.#push(isFunction ? 'word' : 'identifier', name.length, isFunction ? word : name)
    } else if (WORDS.has(word)) this.#push('word', name.length, word)
    else this.#push('identifier', name.length, name)
    return true
  }

  #takeString(): void {
    const quoted = this.#match(STRING)
    if (quoted === undefined) throw new LogqlError('literal not terminated', this.#line, this.#column)
    const value = unquote(quoted)
    if (value === undefined) throw new LogqlError('invalid char escape', this.#line, this.#column)
    const breaks = quoted.lastIndexOf('\n')
    const start = this.#at
    this.#push('string', quoted.length, value)
    if (breaks < 0) return
    this.#line += quoted.split('\n').length - 1
    this.#lineStart = start + breaks + 1
  }

  #takeRange(): void {
    const end = this.#text.indexOf(']', this.#at)
    if (end < 0) throw new LogqlError("missing closing ']' in duration", 0, this.#column)
    const written = this.#text.slice(this.#at, end + 1)
    const range = readPrometheusDuration(written.slice(1, -1))
    if ('problem' in range) throw new LogqlError(range.problem, 0, this.#column)
    this.#pushByCharacter('range', written, range.value)
  }

  #takeFlag(character: string): boolean {
    const flag = character === '-' ? this.#match(FLAG) : undefined
    if (flag !== '--strict' && flag !== '--keep-empty') return false
    this.#pushByCharacter('flag', flag)
    return true
  }

  /** A number, or a duration or size that begins with one; a minus alone belongs to durations only. */
  #takeNumber(character: string): boolean {
    const number = character === '-' ? '-' : this.#match(NUMBER)
    if (number === undefined) return false
    const end = this.#at + number.length
    const duration = number + (this.#match(DURATION_TAIL, end) ?? '')
    const nanos = duration.length > number.length ? readDuration(duration) : undefined
    if (nanos !== undefined) {
      this.#pushByCharacter('duration', duration, nanos)
      return true
    }
    if (number === '-') return false
    const bytes = number + (this.#match(BYTES_TAIL, end) ?? '')
    const size = bytes.length > number.length ? readBytes(bytes) : undefined
    if (size && 'value' in size) this.#pushByCharacter('bytes', bytes, size.value)
    else this.#push('number', number.length, number)
    return true
  }

  #takeSymbol(character: string): void {
    const pair = SYMBOLS.find((one) => this.#text.startsWith(one, this.#at))
    if (pair !== undefined) this.#pushByCharacter('symbol', pair)
    else if ('{}()=,|<>+-*/%^@]'.includes(character)) this.#push('symbol', 1, character)
    else this.#push('identifier', 1, character)
  }

  #match(pattern: RegExp, at = this.#at): string | undefined {
    pattern.lastIndex = at
    return pattern.exec(this.#text)?.[0]
  }

  #push(kind: TokenKind, characters: number, text = ''): void {
    this.#tokens.push({ kind, text, value: 0, line: this.#line, column: this.#column })
    this.#at += characters
  }

  /** Loki forgets the line of tokens that it reads character by character. */
  #pushByCharacter(kind: TokenKind, text: string, value = 0): void {
    this.#tokens.push({ kind, text, value, line: 0, column: this.#column })
    this.#at += text.length
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
