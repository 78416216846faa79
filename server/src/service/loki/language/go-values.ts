// Numbers, durations and sizes as Go's libraries read and write them: LogQL compares and prints by their rules.

const UNIT_NANOS: Readonly<Record<string, number>> = {
  ...{ ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6 },
  ...{ s: 1e9, m: 60e9, h: 3600e9, d: 86_400e9, w: 604_800e9, y: 31_536_000e9 },
}

const PROMETHEUS_DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/

/** The value that was read, or Go's words for what is wrong with the text. */
export type Read = { value: number } | { problem: string }

/** `1h30m` in nanoseconds, as Prometheus reads it: whole numbers, the largest unit first. */
export function readPrometheusDuration(text: string): Read {
  if (text === '0') return { value: 0 }
  if (text === '') return { problem: 'empty duration string' }
  const found = PROMETHEUS_DURATION.exec(text)
  if (!found) return { problem: `not a valid duration string: ${goQuote(text)}` }
  const units = ['y', 'w', 'd', 'h', 'm', 's', 'ms']
  const value = units.reduce(
    (sum, unit, index) => sum + Number(found[index + 1] ?? 0) * (UNIT_NANOS[unit] ?? 0),
    0,
  )
  return value > 2 ** 63 ? { problem: 'duration out of range' } : { value }
}

/** `-1.5h` in nanoseconds, as Go reads it. */
export function readGoDuration(text: string): Read {
  // No duration is longer than this.
  const quoted = goQuote(text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text)
  const invalid = { problem: `time: invalid duration ${quoted}` }
  if (text.length > MAX_QUOTED) return invalid
  const sign = text.startsWith('-') ? -1 : 1
  let rest = text.replace(/^[-+]/, '')
  if (rest === '0') return { value: 0 }
  if (rest === '') return invalid
  let value = 0
  while (rest !== '') {
    const number = /^(?:\d+(?:\.\d*)?|\.\d+)/.exec(rest)?.[0]
    if (number === undefined) return invalid
    rest = rest.slice(number.length)
    const unit = /^[^.\d]+/.exec(rest)?.[0]
    if (unit === undefined) return { problem: `time: missing unit in duration ${quoted}` }
    const isKnown = Object.hasOwn(UNIT_NANOS, unit) && !/^[dwy]$/.test(unit)
    const nanos = isKnown ? UNIT_NANOS[unit] : undefined
    if (nanos === undefined) return { problem: `time: unknown unit ${goQuote(unit)} in duration ${quoted}` }
    rest = rest.slice(unit.length)
    value += Math.trunc(Number(number) * nanos + (number.includes('.') ? 1e-6 : 0))
  }
  return value >= 2 ** 63 ? invalid : { value: sign * value }
}

/** A duration of a query: Prometheus's form, else Go's. */
export function readDuration(text: string): number | undefined {
  for (const read of [readPrometheusDuration(text), readGoDuration(text)]) {
    if ('value' in read) return read.value
  }
  return undefined
}

const SIZE_UNITS: Readonly<Record<string, number>> = Object.fromEntries(
  ['', 'k', 'm', 'g', 't', 'p', 'e'].flatMap((prefix, power) => [
    ...(prefix === '' ? [['', 1] as const] : [[prefix, 1000 ** power] as const]),
    [`${prefix}b`, 1000 ** power] as const,
    ...(prefix === ''
      ? []
      : [[`${prefix}ib`, 1024 ** power] as const, [`${prefix}i`, 1024 ** power] as const]),
  ]),
)

/** `42 MB` in bytes. */
export function readBytes(text: string): Read {
  const digits = /^[\d.,]*/.exec(text)?.[0] ?? ''
  const number = readFloat(digits.replaceAll(',', ''))
  if ('problem' in number) return number
  const unit = text.slice(digits.length).trim().toLowerCase()
  const factor = Object.hasOwn(SIZE_UNITS, unit) ? SIZE_UNITS[unit] : undefined
  if (factor === undefined) return { problem: `unhandled size name: ${unit}` }
  const value = Math.trunc(number.value * factor)
  return value >= 2 ** 64 ? { problem: `too large: ${text}` } : { value }
}

/** Characters of a value that a problem with it quotes; it becomes a label. */
const MAX_QUOTED = 200

const FLOAT = /^[-+]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?|inf|infinity|nan|0x[\da-f]+(?:p[-+]?\d+)?)$/i

/** A floating-point number as Go reads it. */
export function readFloat(text: string): Read {
  const quoted = goQuote(text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text)
  const problem = { problem: `strconv.ParseFloat: parsing ${quoted}: invalid syntax` }
  if (!FLOAT.test(text)) return problem
  const lower = text.toLowerCase().replace(/^\+/, '')
  if (/^-?inf/.test(lower))
    return { value: lower.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY }
  if (/^-?nan$/.test(lower)) return lower === 'nan' ? { value: Number.NaN } : problem
  const value = Number(lower)
  if (Number.isNaN(value)) return problem
  if (!Number.isFinite(value)) return { problem: `strconv.ParseFloat: parsing ${quoted}: value out of range` }
  return { value }
}

/** A number as Go writes it: all digits, no exponent. */
export function writeFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const text = Object.is(value, -0) ? '-0' : String(value)
  const found = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text)
  if (!found) return text
  const [, sign = '', first = '', rest = '', exponent = ''] = found
  const digits = first + rest
  const point = 1 + Number(exponent)
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  return `${sign}${digits.padEnd(point, '0')}`
}

/** Nanoseconds as Prometheus writes them: `1h30m`. */
export function writePrometheusDuration(nanos: number): string {
  let millis = Math.trunc(nanos / 1e6)
  if (millis === 0) return '0s'
  const sign = millis < 0 ? '-' : ''
  millis = Math.abs(millis)
  let text = ''
  const units = [
    ...([
      ['y', 31_536_000_000, true],
      ['w', 604_800_000, true],
      ['d', 86_400_000, true],
    ] as const),
    ...([
      ['h', 3_600_000, false],
      ['m', 60_000, false],
      ['s', 1000, false],
      ['ms', 1, false],
    ] as const),
  ]
  for (const [unit, size, isExact] of units) {
    if (isExact && millis % size !== 0) continue
    const count = Math.floor(millis / size)
    if (count > 0) text += `${count}${unit}`
    millis -= count * size
  }
  return sign + text
}

/** Nanoseconds as Go writes them: `1h30m0s`, `1.5s`, `250ms`. */
export function writeGoDuration(nanos: number): string {
  if (nanos === 0) return '0s'
  const sign = nanos < 0 ? '-' : ''
  const all = Math.abs(nanos)
  if (all < 1e9) {
    const [unit, size] = all < 1e3 ? ['ns', 1] : all < 1e6 ? ['µs', 1e3] : ['ms', 1e6]
    return `${sign}${writeFloat(all / (size as number))}${unit}`
  }
  const seconds = writeFloat((all % 60e9) / 1e9)
  const minutes = Math.floor(all / 60e9) % 60
  const hours = Math.floor(all / 3600e9)
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}s`
  return minutes > 0 ? `${sign}${minutes}m${seconds}s` : `${sign}${seconds}s`
}

/** Bytes as `1.5MB`, without the blank. */
export function writeBytes(bytes: number): string {
  if (bytes < 10) return `${bytes}B`
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB']
  const power = Math.min(Math.floor(Math.log10(bytes) / 3 + 1e-12), units.length - 1)
  const value = Math.floor((bytes / 1000 ** power) * 10 + 0.5) / 10
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)}${units[power]}`
}

const ESCAPES: Readonly<Record<string, string>> = {
  ...{ '"': '\\"', '\\': '\\\\', '\n': '\\n', '\t': '\\t', '\r': '\\r' },
  ...{ '\x07': '\\a', '\b': '\\b', '\f': '\\f', '\v': '\\v' },
}

/** A text in quotes as Go writes it. */
export function goQuote(text: string): string {
  const escaped = text.replace(/["\\\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) => {
    const known = ESCAPES[character]
    if (known !== undefined) return known
    const code = character.codePointAt(0) ?? 0
    if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`
    return code > 0xffff
      ? `\\U${code.toString(16).padStart(8, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`
  })
  return `"${escaped}"`
}
