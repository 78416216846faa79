/** Bytes after packed numbers that are read with the last of them. */
const PADDING = 4

/** Widths above this one are rounded up to 32: a number and its place in a byte fit into 32 bits. */
const MOST_PACKED = 24

/** Bits that each number up to `most` takes. */
export function widthOf(most: number): number {
  const width = most === 0 ? 0 : Math.floor(Math.log2(most)) + 1
  return width > MOST_PACKED ? 32 : width
}

export function packedBytes(count: number, width: number): number {
  return width === 0 ? 0 : Math.ceil((count * width) / 8) + PADDING
}

/** Whole numbers from 0 on, each in `width` bits, the lowest first. */
export function packBits(values: ArrayLike<number>, width: number): Buffer {
  const packed = Buffer.alloc(packedBytes(values.length, width))
  if (width === 0) return packed
  for (let index = 0, bit = 0; index < values.length; index++, bit += width) {
    const value = values[index] as number
    const byte = bit >>> 3
    if (width === 32) packed.writeUInt32LE(value, byte)
    else packed.writeUInt32LE((packed.readUInt32LE(byte) | (value << (bit & 7))) >>> 0, byte)
  }
  return packed
}

/** The reverse, into the first `count` places. */
export function unpackBits(
  packed: Uint8Array,
  width: number,
  into: Uint32Array | Uint8Array,
  count: number,
): void {
  if (width === 0) {
    into.fill(0, 0, count)
    return
  }
  const mask = width === 32 ? 0xffffffff : 2 ** width - 1
  for (let index = 0, bit = 0; index < count; index++, bit += width) {
    const byte = bit >>> 3
    const four =
      (packed[byte] as number) |
      ((packed[byte + 1] as number) << 8) |
      ((packed[byte + 2] as number) << 16) |
      ((packed[byte + 3] as number) << 24)
    into[index] = (four >>> (bit & 7)) & mask
  }
}
