import { DecodeError, decode, ExtData, ExtensionCodec } from '@msgpack/msgpack'
import type { Json } from '@timelapser/logger'
import { fromSeconds } from '../utc-text.ts'

/** Deeper values are made to harm. */
const MAX_DEPTH = 100
/** A record's, and Fluentd's time with nanoseconds. */
const EVENT_TIME = 0

/** Fluentd's EventTime: seconds and nanoseconds of 32 bits each. */
export class EventTime {
  readonly seconds: number
  readonly nanos: number

  constructor(bytes: Uint8Array) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.seconds = bytes.length < 4 ? Number.NaN : view.getUint32(0)
    this.nanos = bytes.length < 8 ? 0 : view.getUint32(4)
  }

  /** ISO 8601 in UTC; undefined when it is none. */
  get utc(): string | undefined {
    return Number.isNaN(this.seconds) ? undefined : fromSeconds(this.seconds, this.nanos)
  }
}

const extensionCodec = new ExtensionCodec()
extensionCodec.register({
  type: EVENT_TIME,
  encode: () => null,
  decode: (bytes) => new EventTime(bytes),
})

const OPTIONS = {
  extensionCodec,
  // Without it integers beyond 2^53 lose digits.
  useBigInt64: true,
  mapKeyConverter: (key: unknown) => textOfKey(key),
  keyDecoder: null,
}

/** One value as the library gives it, or why there is none. */
export function decodeValue(bytes: Uint8Array): { value: unknown } | { reason: string } {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return { value: decode(bytes, OPTIONS) }
  } catch (error) {
    const isKnown = error instanceof DecodeError || error instanceof RangeError
    return { reason: `not MessagePack: ${isKnown ? error.message.slice(0, 100) : 'it cannot be read'}` }
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** The value as JSON has it: bytes are text, numbers that JavaScript cannot keep too, times ISO 8601. */
export function toJson(value: unknown, depth = 0): Json {
  if (depth > MAX_DEPTH) return '[nested too deep]'
  if (typeof value === 'bigint') {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : String(value)
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value !== 'object' || value === null) return (value ?? null) as Json
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString()
  if (value instanceof EventTime) return value.utc ?? null
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
  if (value instanceof ExtData) {
    const data = value.data as Uint8Array
    return { ext_type: value.type, data: Buffer.from(data).toString('base64') }
  }
  if (Array.isArray(value)) return value.map((one) => toJson(one, depth + 1))
  const object: { [key: string]: Json } = {}
  for (const [key, one] of Object.entries(value)) object[key] = toJson(one, depth + 1)
  return object
}

function textOfKey(key: unknown): string {
  if (typeof key === 'string') return key
  const json = toJson(key)
  return typeof json === 'string' ? json : JSON.stringify(json)
}
