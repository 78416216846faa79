import { writeFloat } from '../../language/go-values.ts'
import { GoTime } from './go-time.ts'

/**
 * A value in a template. As in Go, whole numbers (here bigint) are not floating-point ones (here number): `add` prints
 * 3, `addf` 3.5.
 */
export type Value =
  | string
  | bigint
  | number
  | boolean
  | null
  | undefined
  | GoTime
  | Value[]
  | { [key: string]: Value }

/** A template that cannot be parsed or run. */
export class TemplateError extends Error {
  override name = 'TemplateError'
}

/** A value as Go's `fmt.Print` writes it. */
export function textOf(value: Value): string {
  switch (typeof value) {
    case 'string':
      return value
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'number':
      return printFloat(value)
    case 'undefined':
      return '<no value>'
  }
  if (value === null) return '<nil>'
  if (value instanceof GoTime) return value.toString()
  if (Array.isArray(value)) return `[${value.map(textOf).join(' ')}]`
  const keys = Object.keys(value).sort()
  return `map[${keys.map((key) => `${key}:${textOf(value[key])}`).join(' ')}]`
}

/** The shortest digits, with an exponent for the very large and small: Go's `%v`. */
export function printFloat(value: number): string {
  if (!Number.isFinite(value) || value === 0) return writeFloat(value)
  const exponent = Math.floor(Math.log10(Math.abs(value)))
  if (exponent >= -4 && exponent < 21) return writeFloat(value)
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
}

/** Whether Go takes the value for true in an `if`. */
export function isTrue(value: Value): boolean {
  if (value === undefined || value === null || value === false || value === '') return false
  if (typeof value === 'bigint' || typeof value === 'number') return Number(value) !== 0
  if (Array.isArray(value)) return value.length > 0
  if (typeof value === 'object' && !(value instanceof GoTime)) return Object.keys(value).length > 0
  return true
}

/** The whole number that the value contains; 0 without a number. */
export function toInteger(value: Value): bigint {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') return Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n
  if (typeof value === 'boolean') return value ? 1n : 0n
  if (typeof value === 'string' && /^\s*[-+]?\d{1,19}\s*$/.test(value))
    return BigInt.asIntN(64, BigInt(value.trim().replace(/^\+/, '')))
  return 0n
}

/** The floating-point number that the value contains; 0 without a number. */
export function toFloat(value: Value): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'boolean') return value ? 1 : 0
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN
  return Number.isNaN(number) ? 0 : number
}

/** A parsed JSON value as one of a template; its numbers are floating-point ones. */
export function fromJson(text: string): Value {
  try {
    return JSON.parse(text) as Value
  } catch {
    return null
  }
}
