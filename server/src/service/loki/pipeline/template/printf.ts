import { goQuote } from '../../language/go-values.ts'
import { printFloat, TemplateError, textOf, type Value } from './values.ts'

/** Characters that a format may make. */
const MAX_TEXT = 262_144

const VERB = /%([-+# 0]*)(\d{1,5})?(?:\.(\d{1,3})?)?([a-zA-Z%])/g

/** Go's formatted text for the values that templates have. */
export function printf(format: string, values: readonly Value[]): string {
  let next = 0
  let length = format.length
  const text = format.replace(
    VERB,
    (whole, flags: string, width: string | undefined, precision: string | undefined, verb: string) => {
      if (verb === '%') return '%'
      if (next >= values.length) return `%!${verb}(MISSING)`
      const value = values[next]
      next += 1
      const places = whole.includes('.') ? Number(precision ?? 0) : undefined
      const piece = padded(written(verb, value, flags, places), flags, Number(width ?? 0), value)
      length += piece.length
      if (length > MAX_TEXT) throw new TemplateError(`more than ${MAX_TEXT} characters were made`)
      return piece
    },
  )
  const rest = values.slice(next).map((value) => `${typeNameOf(value)}=${textOf(value)}`)
  return rest.length === 0 ? text : `${text}%!(EXTRA ${rest.join(', ')})`
}

function written(verb: string, value: Value, flags: string, places: number | undefined): string {
  const wrong = `%!${verb}(${typeNameOf(value)}=${textOf(value)})`
  const sign =
    flags.includes('+') && (typeof value === 'bigint' || typeof value === 'number') && value >= 0 ? '+' : ''
  switch (verb) {
    case 'v':
      return sign + textOf(value)
    case 's':
      if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean') return wrong
      return places === undefined ? textOf(value) : [...textOf(value)].slice(0, places).join('')
    case 'q':
      return typeof value === 'string' ? goQuote(value) : wrong
    case 'd':
      return typeof value === 'bigint' ? sign + String(value) : wrong
    case 't':
      return typeof value === 'boolean' ? String(value) : wrong
    case 'f':
    case 'F':
      return typeof value === 'number' ? sign + value.toFixed(places ?? 6) : wrong
    case 'e':
      return typeof value === 'number'
        ? sign + value.toExponential(places ?? 6).replace(/e([+-])(\d)$/, 'e$10$2')
        : wrong
    case 'g':
      return typeof value === 'number'
        ? sign +
            (places === undefined
              ? printFloat(value)
              : String(Number(value.toPrecision(Math.max(1, places)))))
        : wrong
    case 'x':
    case 'X': {
      const hex =
        typeof value === 'bigint'
          ? value.toString(16)
          : typeof value === 'string'
            ? Buffer.from(value).toString('hex')
            : undefined
      if (hex === undefined) return wrong
      return verb === 'X' ? hex.toUpperCase() : hex
    }
    case 'o':
    case 'b':
      return typeof value === 'bigint' ? value.toString(verb === 'o' ? 8 : 2) : wrong
    case 'c':
      return typeof value === 'bigint' && value >= 0n && value <= 0x10ffffn
        ? String.fromCodePoint(Number(value))
        : wrong
    case 'T':
      return typeNameOf(value)
    default:
      return wrong
  }
}

function padded(text: string, flags: string, width: number, value: Value): string {
  const missing = width - [...text].length
  if (missing <= 0) return text
  if (flags.includes('-')) return text + ' '.repeat(missing)
  const isNumber = typeof value === 'bigint' || typeof value === 'number'
  if (!flags.includes('0') || !isNumber) return ' '.repeat(missing) + text
  const sign = /^[-+]/.exec(text)?.[0] ?? ''
  return sign + '0'.repeat(missing) + text.slice(sign.length)
}

function typeNameOf(value: Value): string {
  switch (typeof value) {
    case 'bigint':
      return 'int64'
    case 'number':
      return 'float64'
    case 'boolean':
      return 'bool'
    case 'string':
      return 'string'
    default:
      return value === null || value === undefined
        ? '<nil>'
        : Array.isArray(value)
          ? '[]interface {}'
          : 'map[string]interface {}'
  }
}
