// Any value -> JSON that PostgreSQL holds. Never throws, for any input.
import { describeError, isError } from './describe-error.ts'
import type { ExtraData, Json } from './record.ts'
import { RECORD_LIMITS } from './record.ts'
import { repairText } from './repair-text.ts'

/** Counts down while a value is walked, so that a huge value costs no more than a large value. */
type Budget = { characters: number }

class BudgetSpent extends Error {}

/**
 * `extra_data` made of any object that an application logs: a copy, at most 64 kB of JSON and 16 levels deep. Values
 * that JSON cannot hold are written as text (`"NaN"`, `"[function retry]"`, `"[circular]"`), dates as ISO 8601, maps as
 * objects, sets as arrays, errors as type, message and stack. A value that does not fit is replaced by a note; keys
 * that do not fit are counted in `left_out_keys`.
 *
 * @returns `null` for an object without fields
 */
export function toExtraData(
  value: object,
  maxBytes: number = RECORD_LIMITS.extraDataBytes,
): ExtraData | null {
  const data: ExtraData = {}
  let empty = true
  let left = maxBytes
  const keys = safely(() => Object.keys(value), [])
  for (const [index, key] of keys.entries()) {
    // Characters first: six times as many are the most bytes they can become, so small data is never measured.
    const budget = { characters: left }
    let entry = walkField(value, key, budget)
    if (entry === undefined) continue
    const name = repairText(key)
    let cost =
      budget.characters < 0 ? Number.POSITIVE_INFINITY : (left - budget.characters + name.length + 8) * 6
    if (cost > left / 8) cost = budget.characters < 0 ? cost : jsonBytes(name) + jsonBytes(entry) + 2
    if (cost > left - NOTE_BYTES) {
      entry = '[left out: too large]'
      cost = jsonBytes(name) + jsonBytes(entry) + 2
    }
    if (cost > left - NOTE_BYTES) {
      data.left_out_keys = keys.length - index
      return data
    }
    setField(data, name, entry)
    left -= cost
    empty = false
  }
  return empty ? null : data
}

/** Kept free for the braces, `left_out_keys` and `truncated_bytes`. */
const NOTE_BYTES = 64

/** Bytes of a value as JSON in UTF-8. */
export function jsonBytes(value: Json): number {
  return Buffer.byteLength(JSON.stringify(value))
}

/** Sets a field under any name: a plain assignment to `__proto__` would change the object's prototype instead. */
export function setField(target: ExtraData, key: string, value: Json): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
  } else {
    target[key] = value
  }
}

function walkField(holder: object, key: string, budget: Budget): Json | undefined {
  try {
    return walk((holder as Record<string, unknown>)[key], [holder], budget)
  } catch (error) {
    if (error instanceof BudgetSpent) {
      budget.characters = -1
      return null
    }
    return `[threw: ${describeThrown(error)}]`
  }
}

/** `undefined` means: leave the field out, as JSON does. */
function walk(value: unknown, ancestors: object[], budget: Budget): Json | undefined {
  switch (typeof value) {
    case 'string':
      return spend(budget, value)
    case 'number':
      budget.characters -= 8
      if (Number.isFinite(value)) return value === 0 ? 0 : value
      return String(value)
    case 'boolean':
      return value
    case 'undefined':
      return undefined
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : spend(budget, value.toString())
    case 'symbol':
      return spend(budget, value.toString())
    case 'function':
      return spend(budget, `[function ${value.name || 'anonymous'}]`)
    default:
      return value === null ? null : walkObject(value as object, ancestors, budget)
  }
}

function walkObject(value: object, ancestors: object[], budget: Budget): Json | undefined {
  if (ancestors.includes(value)) return '[circular]'
  if (ancestors.length >= RECORD_LIMITS.extraDataDepth) return '[too deep]'
  ancestors.push(value)
  try {
    if (Array.isArray(value)) return walkArray(value, ancestors, budget)
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null) {
      const special = describeSpecial(value)
      if (special !== undefined) return walk(special, ancestors, budget)
    }
    const toJson: unknown = (value as { toJSON?: unknown }).toJSON
    if (typeof toJson === 'function') {
      const plain: unknown = toJson.call(value, '')
      if (plain !== value) return walk(plain, ancestors, budget)
    }
    return walkFields(value, ancestors, budget)
  } finally {
    ancestors.pop()
  }
}

function walkArray(values: unknown[], ancestors: object[], budget: Budget): Json[] {
  const result: Json[] = []
  for (let index = 0; index < values.length; index++) {
    spend(budget, ',')
    result.push(walkElement(values, index, ancestors, budget))
  }
  return result
}

function walkElement(values: unknown[], index: number, ancestors: object[], budget: Budget): Json {
  try {
    return walk(values[index], ancestors, budget) ?? null
  } catch (error) {
    if (error instanceof BudgetSpent) throw error
    return `[threw: ${describeThrown(error)}]`
  }
}

function walkFields(value: object, ancestors: object[], budget: Budget): ExtraData {
  const result: ExtraData = {}
  for (const key of Object.keys(value)) {
    spend(budget, key)
    let entry: Json | undefined
    try {
      entry = walk((value as Record<string, unknown>)[key], ancestors, budget)
    } catch (error) {
      if (error instanceof BudgetSpent) throw error
      entry = `[threw: ${describeThrown(error)}]`
    }
    if (entry !== undefined) setField(result, repairText(key), entry)
  }
  return result
}

/** Describes an object that is not plain; `undefined` for a class of the application's own. */
function describeSpecial(value: object): unknown {
  if (isError(value)) return describeError(value)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (value instanceof Map) return describeMap(value)
  if (value instanceof Set) return [...value]
  if (value instanceof RegExp || value instanceof String || value instanceof URL) return String(value)
  if (value instanceof Number || value instanceof Boolean || value instanceof BigInt) return value.valueOf()
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`
  if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet) {
    return `[${value.constructor.name}]`
  }
  return undefined
}

function describeMap(map: Map<unknown, unknown>): unknown {
  const entries = [...map]
  return entries.every(([key]) => typeof key !== 'object')
    ? Object.fromEntries(entries.map(([key, entry]) => [String(key), entry]))
    : entries
}

function spend(budget: Budget, text: string): string {
  budget.characters -= text.length + 3
  if (budget.characters < 0) throw new BudgetSpent()
  return repairText(text)
}

function describeThrown(error: unknown): string {
  return safely(
    () => repairText(isError(error) ? String(error.message) : String(error)).slice(0, 200),
    'unknown',
  )
}

function safely<T>(read: () => T, fallback: T): T {
  try {
    return read()
  } catch {
    return fallback
  }
}
