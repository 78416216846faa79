// Snappy's block format (google/snappy, format_description.txt): a length, then literals and copies of what came before;
// and its framing format (framing_format.txt): a stream of blocks with a checksum each.

/** A body that is no snappy block, or whose unpacked size is over the limit. */
export class SnappyError extends Error {
  readonly isTooLarge: boolean

  constructor(message: string, isTooLarge = false) {
    super(message)
    this.name = 'SnappyError'
    this.isTooLarge = isTooLarge
  }
}

/** The least a block can shrink to: a copy of two or three bytes makes 64. More than this is a lie about the length. */
const MOST_BYTES_PER_BYTE = 32

/** The first chunk of every framed stream. A block that begins so would be 895 bytes long and begin with three literals. */
const FRAMING = Buffer.from([0xff, 0x06, 0x00, 0x00, ...Buffer.from('sNaPpY')])

/**
 * Unpacks one block, or a framed stream of them.
 *
 * @throws {SnappyError} when it is broken or too large
 */
export function unpackSnappy(packed: Uint8Array, maxBytes: number): Buffer {
  return FRAMING.equals(packed.subarray(0, FRAMING.length))
    ? unpackFrames(packed, maxBytes)
    : unpackBlock(packed, maxBytes)
}

const [COMPRESSED, PLAIN, FIRST_SKIPPED] = [0x00, 0x01, 0x80]
/** The number that the writer adds to a checksum, and the bits it turns it by, so that checksums of checksums are none of their own. */
const MASK = 0xa282ead8

function unpackFrames(packed: Uint8Array, maxBytes: number): Buffer {
  const parts: Buffer[] = []
  let size = 0
  for (let at = 0; at < packed.length; ) {
    const kind = packed[at] as number
    const end = at + 4 + littleEndian(packed, at + 1, 3)
    if (end > packed.length) throw broken('it breaks off')
    if (kind === COMPRESSED || kind === PLAIN) {
      const data = packed.subarray(at + 8, Math.max(at + 8, end))
      const part = kind === PLAIN ? Buffer.from(data) : unpackBlock(data, maxBytes - size)
      const sum = crc32c(part)
      const masked = (((sum >>> 15) | (sum << 17)) + MASK) >>> 0
      if (masked !== littleEndian(packed, at + 4, 4)) throw broken('a checksum is wrong')
      size += part.length
      if (size > maxBytes)
        throw new SnappyError(`the body unpacks to over ${maxBytes} bytes, the maximum`, true)
      parts.push(part)
    } else if (kind < FIRST_SKIPPED) throw broken(`it has a part of the unknown kind ${kind}`)
    at = end
  }
  return Buffer.concat(parts)
}

/**
 * Unpacks one block. The length a block claims is checked against `maxBytes`, and against what its bytes can make,
 * before anything is allocated.
 *
 * @throws {SnappyError} when it is broken or too large
 */
function unpackBlock(packed: Uint8Array, maxBytes: number): Buffer {
  const { length, start } = readLength(packed)
  if (length > maxBytes)
    throw new SnappyError(`the body unpacks to ${length} bytes; the maximum is ${maxBytes}`, true)
  if (length > packed.length * MOST_BYTES_PER_BYTE) throw broken('its length cannot be')
  const out = Buffer.allocUnsafe(length)
  let from = start
  let to = 0
  while (from < packed.length) {
    const tag = packed[from++] as number
    if ((tag & 3) === 0) {
      const extra = Math.max(0, (tag >> 2) - 59)
      const size = 1 + (extra === 0 ? tag >> 2 : littleEndian(packed, from, extra))
      from += extra
      if (from + size > packed.length || to + size > length) throw broken('a literal leads out of it')
      out.set(packed.subarray(from, from + size), to)
      from += size
      to += size
      continue
    }
    const { size, offset, read } = readCopy(packed, from, tag)
    from += read
    if (offset === 0 || offset > to || to + size > length) throw broken('a copy leads out of it')
    // The copied bytes may overlap the bytes being written: a short pattern repeated.
    if (offset >= size) out.copyWithin(to, to - offset, to - offset + size)
    else for (let index = 0; index < size; index += 1) out[to + index] = out[to + index - offset] as number
    to += size
  }
  if (to !== length) throw broken('it breaks off')
  return out
}

function readCopy(
  packed: Uint8Array,
  at: number,
  tag: number,
): { size: number; offset: number; read: number } {
  if ((tag & 3) === 1) {
    return { size: 4 + ((tag >> 2) & 7), offset: ((tag >> 5) << 8) | littleEndian(packed, at, 1), read: 1 }
  }
  const read = (tag & 3) === 2 ? 2 : 4
  return { size: 1 + (tag >> 2), offset: littleEndian(packed, at, read), read }
}

function readLength(packed: Uint8Array): { length: number; start: number } {
  let length = 0
  for (let start = 0; start < 5; start += 1) {
    const byte = packed[start]
    if (byte === undefined) break
    length += (byte & 127) * 2 ** (7 * start)
    if (byte < 128) return { length, start: start + 1 }
  }
  throw broken('it has no length')
}

function littleEndian(bytes: Uint8Array, at: number, count: number): number {
  if (at + count > bytes.length) throw broken('it breaks off')
  let value = 0
  for (let index = count - 1; index >= 0; index -= 1) value = value * 256 + (bytes[at + index] as number)
  return value
}

function broken(why: string): SnappyError {
  return new SnappyError(`the body is not valid snappy: ${why}`)
}

// CRC-32C (Castagnoli, RFC 3720), which snappy's frames carry; Node has the other polynomial alone.

const POLYNOMIAL = 0x82f63b78

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? POLYNOMIAL : 0)
  return value >>> 0
})

function crc32c(bytes: Uint8Array): number {
  let sum = 0xffffffff
  for (const byte of bytes) sum = (TABLE[(sum ^ byte) & 255] as number) ^ (sum >>> 8)
  return (sum ^ 0xffffffff) >>> 0
}
