// The wire format of protocol buffers, read field by field (protobuf.dev/programming-guides/encoding).

/** Bytes that are no message. */
class ProtobufError extends Error {}

export const VARINT = 0
export const FIXED64 = 1
export const BYTES = 2
const FIXED32 = 5

/** Fields that are read of one message and all below it; an attribute has four or five. */
const MAX_FIELDS = 500_000

/** Parts of one message that are kept for later: records of a group, say. */
const MAX_PARTS = 100_000

/** Reads one message from front to back. Lengths are checked against the message they stand in. */
export class ProtobufReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at: number
  readonly #end: number
  /** Shared with the messages below. */
  readonly #count: { fields: number }
  /** The wire type of the current field. */
  wire = VARINT

  constructor(bytes: Uint8Array, count = { fields: 0 }) {
    this.#count = count
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#at = 0
    this.#end = bytes.length
  }

  /** The number of the next field, or 0 at the end. @throws {ProtobufError} */
  next(): number {
    if (this.#at >= this.#end) return 0
    if (++this.#count.fields > MAX_FIELDS) throw new ProtobufError(`it has over ${MAX_FIELDS} fields`)
    const tag = this.varint()
    this.wire = tag % 8
    const field = Math.floor(tag / 8)
    if (field === 0) throw new ProtobufError('a field has the number 0')
    return field
  }

  /** Exact up to 2^53. */
  varint(): number {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#byte()
      value += (byte & 127) * 2 ** shift
      if (byte < 128) return value
    }
    throw new ProtobufError('a number is longer than 64 bits')
  }

  /** All 64 bits, as a signed number. */
  int64(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte()
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return BigInt.asIntN(64, value)
    }
    throw new ProtobufError('a number is longer than 64 bits')
  }

  fixed64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true)
  }

  double(): number {
    return this.#view.getFloat64(this.#take(8), true)
  }

  /** A view, not a copy. */
  bytes(): Uint8Array {
    const length = this.varint()
    const start = this.#take(length)
    return this.#bytes.subarray(start, start + length)
  }

  text(): string {
    const { buffer, byteOffset, byteLength } = this.bytes()
    return Buffer.from(buffer, byteOffset, byteLength).toString('utf8')
  }

  message(): ProtobufReader {
    return new ProtobufReader(this.bytes(), this.#count)
  }

  /** Goes past a field that nobody wants. */
  skip(): void {
    if (this.wire === VARINT) this.int64()
    else if (this.wire === FIXED64) this.#take(8)
    else if (this.wire === BYTES) this.bytes()
    else if (this.wire === FIXED32) this.#take(4)
    else throw new ProtobufError(`a field is of the unknown kind ${this.wire}`)
  }

  #byte(): number {
    const byte = this.#at < this.#end ? this.#bytes[this.#at] : undefined
    if (byte === undefined) throw new ProtobufError('it breaks off')
    this.#at += 1
    return byte
  }

  #take(count: number): number {
    const start = this.#at
    if (start + count > this.#end) throw new ProtobufError('it breaks off')
    this.#at = start + count
    return start
  }
}

/**
 * Calls `onField` for each field of the message; a field that it does not read is skipped. The callback detects a field
 * of another kind than the schema says: it looks at `reader.wire`.
 *
 * @throws {ProtobufError}
 */
export function eachField(reader: ProtobufReader, onField: (field: number) => boolean): void {
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (!onField(field)) reader.skip()
  }
}

/**
 * The parts of a message that are messages or texts themselves, by field number and in order. For a message that breaks
 * off these are the parts before, and `failure` says why.
 */
export function splitMessage(bytes: Uint8Array): {
  parts: (field: number) => readonly Uint8Array[]
  failure: unknown
} {
  const byField = new Map<number, Uint8Array[]>()
  let kept = 0
  let failure: unknown
  try {
    const reader = new ProtobufReader(bytes)
    eachField(reader, (field) => {
      if (reader.wire !== BYTES) return false
      if (++kept > MAX_PARTS) throw new ProtobufError(`it has over ${MAX_PARTS} parts`)
      const known = byField.get(field)
      if (known === undefined) byField.set(field, [reader.bytes()])
      else known.push(reader.bytes())
      return true
    })
  } catch (error) {
    failure = error
  }
  return { parts: (field) => byField.get(field) ?? [], failure }
}
