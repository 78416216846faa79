// AnyValue of OpenTelemetry, in its two encodings. Both stop at a depth that no column holds: deeper values become a
// note.
import type { ExtraData, Json } from '@timelapser/logger'
import { asObject } from '../foreign-record.ts'
import { BYTES, eachField, FIXED64, type ProtobufReader, VARINT } from '../protobuf-reader.ts'
import { putExtra } from '../record-fields.ts'

/** One more than `extra_data` may have; deeper ones are cut there anyway. */
const MAX_DEPTH = 17
const TOO_DEEP = '[too deep]'

/** @throws {ProtobufError} */
export function readAnyValue(reader: ProtobufReader, depth = 1): Json {
  let value: Json = null
  eachField(reader, (field) => {
    if (reader.wire !== WIRES[field]) return false
    value = readKind(reader, field, depth)
    return true
  })
  return value
}

/** Which kind of field holds a text, a truth, an integer, a double, a list, a map and bytes. */
const WIRES: Readonly<Record<number, number>> = {
  ...{ 1: BYTES, 2: VARINT, 3: VARINT, 4: FIXED64 },
  ...{ 5: BYTES, 6: BYTES, 7: BYTES },
}

function readKind(reader: ProtobufReader, field: number, depth: number): Json {
  if (field === 1) return reader.text()
  if (field === 2) return reader.varint() !== 0
  if (field === 3) return exactNumber(reader.int64())
  if (field === 4) return finite(reader.double())
  if (field === 7) return Buffer.from(reader.bytes()).toString('base64')
  const inner = reader.message()
  if (depth > MAX_DEPTH) return TOO_DEEP
  const list: Json[] = []
  const map: ExtraData = {}
  eachField(inner, (one) => {
    if (one !== 1 || inner.wire !== BYTES) return false
    if (field === 5) list.push(readAnyValue(inner.message(), depth + 1))
    else readKeyValue(inner.message(), map, depth + 1)
    return true
  })
  return field === 5 ? list : map
}

/** @throws {ProtobufError} */
export function readKeyValue(reader: ProtobufReader, into: ExtraData, depth = 1): void {
  let key = ''
  let value: Json = null
  eachField(reader, (field) => {
    if (reader.wire !== BYTES || field > 2) return false
    if (field === 1) key = reader.text()
    else value = readAnyValue(reader.message(), depth)
    return true
  })
  putExtra(into, key, value)
}

/** A value of OTLP's JSON: `{"stringValue":"a"}`, `{"intValue":"5"}`, … */
export function fromJsonValue(value: unknown, depth = 1): Json {
  const any = asObject(value)
  if (any === undefined) return null
  const text = jsonField(any, 'stringValue')
  if (typeof text === 'string') return text
  const truth = jsonField(any, 'boolValue')
  if (typeof truth === 'boolean') return truth
  const integer = jsonField(any, 'intValue')
  if (typeof integer === 'string' && /^-?\d{1,19}$/.test(integer)) return exactNumber(BigInt(integer))
  if (typeof integer === 'number') return integer
  const double = jsonField(any, 'doubleValue')
  if (double !== undefined) return double
  const bytes = jsonField(any, 'bytesValue')
  if (typeof bytes === 'string') return bytes
  if (depth > MAX_DEPTH) return TOO_DEEP
  const list = asObject(jsonField(any, 'arrayValue'))
  if (list !== undefined) return asList(list.values).map((one) => fromJsonValue(one, depth + 1))
  const map = asObject(jsonField(any, 'kvlistValue'))
  return map === undefined ? null : fromJsonAttributes(map.values, depth + 1)
}

/** `[{"key":"a","value":{…}}]` */
export function fromJsonAttributes(attributes: unknown, depth = 1): ExtraData {
  const read: ExtraData = {}
  for (const one of asList(attributes)) {
    const pair = asObject(one)
    if (typeof pair?.key === 'string') putExtra(read, pair.key, fromJsonValue(pair.value, depth))
  }
  return read
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

/** Beyond 2^53 the digits as text. */
function exactNumber(value: bigint): Json {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value.toString()
}

function finite(value: number): Json {
  return Number.isFinite(value) ? value : String(value)
}

// Names in OTLP's JSON: camelCase as the specification says, or as the `.proto` has them, which protobuf's own JSON reads too.

const SNAKE = new Map<string, string>()

/** The field of this name in camelCase, or else in snake_case. */
export function jsonField(object: ExtraData, name: string): Json | undefined {
  const value = object[name]
  if (value !== undefined) return value
  let snake = SNAKE.get(name)
  if (snake === undefined) {
    snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    SNAKE.set(name, snake)
  }
  return object[snake]
}

export function toCamel(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
