// The functions that Loki's templates have: those of Go, of sprig, and its own.
import { goQuote, readBytes, readGoDuration } from '../../language/go-values.ts'
import { compilePattern, type UserPattern } from '../patterns.ts'
import { GoTime, parseTime } from './go-time.ts'
import { printf } from './printf.ts'
import { fromJson, isTrue, TemplateError, textOf, toFloat, toInteger, type Value } from './values.ts'

/** Characters that a function may make out of few: `repeat` and the like. */
const MAX_TEXT = 262_144

type TemplateFunction = (...values: Value[]) => Value

/** `and` and `or` stop at the first value that decides. */
export const LAZY: ReadonlySet<string> = new Set(['and', 'or'])

const text = (value: Value): string => {
  if (typeof value === 'string') return value
  throw new TemplateError(`wrong type for value; expected string; got ${typeof value}`)
}
const count = (value: Value): number => Number(toInteger(value))
const bounded = (made: string): string => {
  if (made.length > MAX_TEXT) throw new TemplateError(`more than ${MAX_TEXT} characters were made`)
  return made
}
const checkLength = (length: number): void => {
  if (length > MAX_TEXT) throw new TemplateError(`more than ${MAX_TEXT} characters were made`)
}
const joined = (values: Value[], separator = ''): string => {
  const texts = values.map(textOf)
  checkLength(texts.reduce((sum, one) => sum + one.length, 0))
  return texts.join(separator)
}
/** As Go's 64 bits have it: without end, squares of squares would be. */
const wrapped = (value: bigint): bigint => BigInt.asIntN(64, value)
const repeated = (piece: string, times: number): string => {
  if (piece.length * Math.max(0, times) > MAX_TEXT)
    throw new TemplateError(`more than ${MAX_TEXT} characters were made`)
  return piece.repeat(Math.max(0, times))
}
const characters = (value: string): string[] => [...value]

const patterns = new WeakMap<object, Map<string, UserPattern>>()
const ALL_PATTERNS = {}
/** A pattern of a template is mostly the same for every line. */
const patternOf = (source: string): UserPattern => {
  const known = patterns.get(ALL_PATTERNS) ?? new Map<string, UserPattern>()
  patterns.set(ALL_PATTERNS, known)
  const pattern = known.get(source) ?? compilePattern(source)
  if (known.size >= 50) known.clear()
  known.set(source, pattern)
  return pattern
}

const trimSet = (value: string, set: string, ends: 'both' | 'start' | 'end'): string => {
  const inSet = new Set(characters(set))
  const all = characters(value)
  let [from, to] = [0, all.length]
  if (ends !== 'end') while (from < to && inSet.has(all[from] as string)) from += 1
  if (ends !== 'start') while (to > from && inSet.has(all[to - 1] as string)) to -= 1
  return all.slice(from, to).join('')
}
const withoutPrefix = (value: string, prefix: string) =>
  prefix !== '' && value.startsWith(prefix) ? value.slice(prefix.length) : value
const withoutSuffix = (value: string, suffix: string) =>
  suffix !== '' && value.endsWith(suffix) ? value.slice(0, -suffix.length) : value
const replaced = (value: string, from: string, to: string, times: number): string => {
  if (from === '') return value
  const pieces = value.split(from)
  const last = times < 0 ? pieces.length - 1 : Math.min(times, pieces.length - 1)
  checkLength(value.length + last * to.length)
  const head = pieces.slice(0, last + 1).join(to)
  return bounded([head, ...pieces.slice(last + 1)].join(from))
}
const indented = (value: string, by: number): string => {
  const pad = repeated(' ', by)
  checkLength(value.length + value.split('\n').length * pad.length)
  return bounded(pad + value.replaceAll('\n', `\n${pad}`))
}
const aligned = (value: string, width: number, toRight: boolean): string => {
  const all = characters(value)
  if (width < 0 || width === all.length) return value
  const pad = repeated(' ', width - all.length)
  if (pad !== '') return toRight ? pad + value : value + pad
  return (toRight ? all.slice(all.length - width) : all.slice(0, width)).join('')
}
const rounded = (value: number, places: number, up = 0.5): number => {
  const factor = 10 ** places
  const digit = factor * value
  const rest = Math.abs(digit % 1)
  return ((rest >= up ? Math.ceil(Math.abs(digit)) : Math.floor(Math.abs(digit))) * Math.sign(digit)) / factor
}
const byValue = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)
const divided = (a: bigint, b: bigint, by: (a: bigint, b: bigint) => bigint): bigint => {
  if (b === 0n) throw new TemplateError('runtime error: integer divide by zero')
  return wrapped(by(a, b))
}
const integers = (values: Value[], by: (a: bigint, b: bigint) => bigint): bigint =>
  values.map(toInteger).reduce((a, b) => wrapped(by(a, b)))
const floats = (values: Value[], by: (a: number, b: number) => number): number =>
  values.map(toFloat).reduce(by)
const converted = (value: string, read: typeof readBytes, factor = 1): number => {
  const found = read(value)
  if ('problem' in found) throw new TemplateError(found.problem)
  return found.value / factor
}

const compare = (a: Value, b: Value): number => {
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0
  const isNumber = (value: Value) => typeof value === 'bigint' || typeof value === 'number'
  if (!isNumber(a) || !isNumber(b) || typeof a !== typeof b)
    throw new TemplateError('incompatible types for comparison')
  return Number(a) - Number(b)
}
const equals = (a: Value, b: Value): boolean => {
  if (typeof a === 'object' || typeof b === 'object') return a === b
  if (typeof a !== typeof b && a !== undefined && b !== undefined)
    throw new TemplateError('incompatible types for comparison')
  return a === b
}

const unixTime = (value: Value): GoTime => {
  const digits = text(value)
  const unit = { 5: 86_400_000_000_000n, 10: 1_000_000_000n, 13: 1_000_000n, 16: 1000n, 19: 1n }[
    digits.length
  ]
  if (unit === undefined || !/^-?\d+$/.test(digits))
    throw new TemplateError(`unable to parse time '${digits.slice(0, 50)}'`)
  return new GoTime(BigInt(digits) * unit)
}
const timeOf = (value: Value): GoTime => {
  if (value instanceof GoTime) return value
  if (typeof value === 'bigint') return new GoTime(value * 1_000_000_000n)
  throw new TemplateError(`wrong type for value; expected time.Time; got ${typeof value}`)
}
const base64 = (value: string): string => {
  const rest = value.length % 4
  const padded = rest > 1 ? value + '='.repeat(4 - rest) : value
  const bad =
    /[^A-Za-z0-9+/=\r\n]/.exec(padded)?.index ?? (padded.length % 4 === 0 ? undefined : padded.length)
  if (bad !== undefined) return `illegal base64 data at input byte ${bad}`
  return Buffer.from(padded, 'base64').toString()
}
const unescapeQuery = (value: string): string => {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '))
  } catch {
    throw new TemplateError(`invalid URL escape ${goQuote(/%.{0,2}/.exec(value)?.[0] ?? '')}`)
  }
}
const escapeQuery = (value: string): string =>
  encodeURIComponent(value)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
const truncated = (length: number, value: string): string => {
  const all = characters(value)
  if (length < 0 && all.length + length > 0) return all.slice(all.length + length).join('')
  return length >= 0 && all.length > length ? all.slice(0, length).join('') : value
}
const part = (start: number, end: number, value: string): string => {
  const all = characters(value)
  if (start < 0) return all.slice(0, Math.max(0, end)).join('')
  return end < 0 || end > all.length ? all.slice(start).join('') : all.slice(start, end).join('')
}
const element = (of: Value, key: Value): Value => {
  if (Array.isArray(of)) {
    const found = of[count(key)]
    if (found === undefined) throw new TemplateError(`index out of range: ${textOf(key)}`)
    return found
  }
  if (typeof of === 'string') return BigInt(Buffer.from(of)[count(key)] ?? 0)
  if (typeof of === 'object' && of !== null && !(of instanceof GoTime))
    return Object.hasOwn(of, textOf(key)) ? of[textOf(key)] : ''
  throw new TemplateError("can't index item")
}
const lengthOf = (value: Value): bigint => {
  if (typeof value === 'string') return BigInt(Buffer.byteLength(value))
  if (Array.isArray(value)) return BigInt(value.length)
  if (typeof value === 'object' && value !== null && !(value instanceof GoTime))
    return BigInt(Object.keys(value).length)
  throw new TemplateError('len of type that has none')
}
const htmlEscaped = (value: string): string =>
  value
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
    .replaceAll('&#38;', '&amp;')
    .replaceAll('&#60;', '&lt;')
    .replaceAll('&#62;', '&gt;')

export const FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  ToLower: (value) => text(value).toLowerCase(),
  ToUpper: (value) => text(value).toUpperCase(),
  Replace: (value, from, to, times) => replaced(text(value), text(from), text(to), count(times)),
  Trim: (value, set) => trimSet(text(value), text(set), 'both'),
  TrimLeft: (value, set) => trimSet(text(value), text(set), 'start'),
  TrimRight: (value, set) => trimSet(text(value), text(set), 'end'),
  TrimPrefix: (value, prefix) => withoutPrefix(text(value), text(prefix)),
  TrimSuffix: (value, suffix) => withoutSuffix(text(value), text(suffix)),
  TrimSpace: (value) => text(value).trim(),
  regexReplaceAll: (pattern, value, by) =>
    bounded(patternOf(text(pattern)).replaceAll(text(value), text(by))),
  regexReplaceAllLiteral: (pattern, value, by) =>
    bounded(patternOf(text(pattern)).replaceAllLiteral(text(value), text(by))),
  count: (pattern, value) => BigInt(patternOf(text(pattern)).count(text(value))),
  urldecode: (value) => unescapeQuery(text(value)),
  urlencode: (value) => escapeQuery(text(value)),
  urlquery: (...values) => escapeQuery(joined(values)),
  bytes: (value) => converted(text(value), readBytes),
  duration: (value) => converted(text(value), readGoDuration, 1e9),
  duration_seconds: (value) => converted(text(value), readGoDuration, 1e9),
  unixEpoch: (time) => String(timeOf(time).nanos / 1_000_000_000n),
  unixEpochMillis: (time) => String(timeOf(time).nanos / 1_000_000n),
  unixEpochNanos: (time) => String(timeOf(time).nanos),
  unixToTime: unixTime,
  toDateInZone: (layout, _zone, value) => parseTime(text(layout), text(value)) ?? new GoTime(0n),
  toDate: (layout, value) => parseTime(text(layout), text(value)) ?? new GoTime(0n),
  date: (layout, time) => timeOf(time).format(text(layout)),
  now: () => new GoTime(BigInt(Date.now()) * 1_000_000n),
  alignLeft: (width, value) => aligned(text(value), count(width), false),
  alignRight: (width, value) => aligned(text(value), count(width), true),
  b64dec: (value) => base64(text(value)),
  b64enc: (value) => Buffer.from(text(value)).toString('base64'),
  lower: (value) => text(value).toLowerCase(),
  upper: (value) => text(value).toUpperCase(),
  title: (value) => text(value).replace(/(?<![\p{L}\p{N}_])\p{Ll}/gu, (letter) => letter.toUpperCase()),
  trunc: (length, value) => truncated(count(length), text(value)),
  substr: (start, end, value) => part(count(start), count(end), text(value)),
  contains: (piece, value) => text(value).includes(text(piece)),
  hasPrefix: (prefix, value) => text(value).startsWith(text(prefix)),
  hasSuffix: (suffix, value) => text(value).endsWith(text(suffix)),
  indent: (by, value) => indented(text(value), count(by)),
  nindent: (by, value) => `\n${indented(text(value), count(by))}`,
  replace: (from, to, value) => replaced(text(value), text(from), text(to), -1),
  repeat: (times, value) => repeated(text(value), count(times)),
  trim: (value) => text(value).trim(),
  trimAll: (set, value) => trimSet(text(value), text(set), 'both'),
  trimSuffix: (suffix, value) => withoutSuffix(text(value), text(suffix)),
  trimPrefix: (prefix, value) => withoutPrefix(text(value), text(prefix)),
  int: (value) => toInteger(value),
  float64: (value) => toFloat(value),
  add: (...values) => integers([0n, ...values], (a, b) => a + b),
  sub: (a, b) => wrapped(toInteger(a) - toInteger(b)),
  mul: (...values) => integers(values, (a, b) => a * b),
  div: (a, b) => divided(toInteger(a), toInteger(b), (one, other) => one / other),
  mod: (a, b) => divided(toInteger(a), toInteger(b), (one, other) => one % other),
  addf: (...values) => floats([0, ...values], (a, b) => a + b),
  subf: (...values) => floats(values, (a, b) => a - b),
  mulf: (...values) => floats(values, (a, b) => a * b),
  divf: (...values) => floats(values, (a, b) => a / b),
  max: (...values) => values.map(toInteger).toSorted(byValue).at(-1),
  min: (...values) => values.map(toInteger).toSorted(byValue)[0],
  maxf: (...values) => floats(values, Math.max),
  minf: (...values) => floats(values, Math.min),
  ceil: (value) => Math.ceil(toFloat(value)),
  floor: (value) => Math.floor(toFloat(value)),
  round: (value, places, up) => rounded(toFloat(value), count(places), up === undefined ? 0.5 : toFloat(up)),
  fromJson: (value) => fromJson(text(value)),
  default: (otherwise, value) => (isTrue(value) ? value : otherwise),
  not: (value) => !isTrue(value),
  eq: (first, ...others) => others.some((other) => equals(first, other)),
  ne: (a, b) => !equals(a, b),
  lt: (a, b) => compare(a, b) < 0,
  le: (a, b) => compare(a, b) <= 0,
  gt: (a, b) => compare(a, b) > 0,
  ge: (a, b) => compare(a, b) >= 0,
  len: lengthOf,
  index: (of, ...keys) => keys.reduce(element, of),
  slice: (value, from, to) =>
    typeof value === 'string' ? value.slice(count(from), to === undefined ? undefined : count(to)) : value,
  print: (...values) => joined(values),
  println: (...values) => `${joined(values, ' ')}\n`,
  printf: (format, ...values) => bounded(printf(text(format), values)),
  html: (...values) => htmlEscaped(joined(values)),
  js: (...values) => JSON.stringify(joined(values)).slice(1, -1),
}
