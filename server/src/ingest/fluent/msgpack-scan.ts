// Finds where MessagePack values end without decoding them: a frame is bounded before it is decoded.

/** The bytes are not MessagePack, or make more of it than is taken. */
export class MsgpackError extends Error {
  override name = 'MsgpackError'
}

const NEVER_USED = 0xc1

/** Bytes of the head, those behind it, and the values inside, by the first byte from 0xc0 to 0xdf; `n` is read from the head. */
const FIXED: Readonly<Record<number, readonly [head: number, skip: number]>> = {
  192: [1, 0],
  194: [1, 0],
  195: [1, 0],
  202: [1, 4],
  203: [1, 8],
  204: [1, 1],
  205: [1, 2],
  206: [1, 4],
  207: [1, 8],
  208: [1, 1],
  209: [1, 2],
  210: [1, 4],
  211: [1, 8],
  212: [1, 2],
  213: [1, 3],
  214: [1, 5],
  215: [1, 9],
  216: [1, 17],
}
/** Bytes of the count behind the first byte, and what it counts: bytes, bytes and one of a type, values, or pairs of them. */
const COUNTED: Readonly<
  Record<number, readonly [count: number, of: 'bytes' | 'typed' | 'values' | 'pairs']>
> = {
  196: [1, 'bytes'],
  197: [2, 'bytes'],
  198: [4, 'bytes'],
  199: [1, 'typed'],
  200: [2, 'typed'],
  201: [4, 'typed'],
  217: [1, 'bytes'],
  218: [2, 'bytes'],
  219: [4, 'bytes'],
  220: [2, 'values'],
  221: [4, 'values'],
  222: [2, 'pairs'],
  223: [4, 'pairs'],
}

/** Goes through one value, also in pieces. */
export class MsgpackScan {
  /** Where it goes on, or where the value ended. */
  at = 0
  /** Values seen so far, those inside of others included. */
  values = 0
  /** Values that have to come. */
  #left = 1

  /** Goes on in the same bytes, of which more may have come; whether the value ended. @throws {MsgpackError} */
  run(bytes: Uint8Array, end = bytes.length): boolean {
    while (this.#left > 0) {
      if (this.at >= end) return false
      const first = bytes[this.at] as number
      let length = 1
      let inside = 0
      if (first >= 0x80 && first < 0x90) inside = (first & 0x0f) * 2
      else if (first >= 0x90 && first < 0xa0) inside = first & 0x0f
      else if (first >= 0xa0 && first < 0xc0) length += first & 0x1f
      else if (first === NEVER_USED) throw new MsgpackError('not MessagePack: a byte that it never uses')
      else if (first > NEVER_USED - 2 && first < 0xe0) {
        const counted = COUNTED[first]
        if (counted === undefined) length += FIXED[first]?.[1] ?? 0
        else {
          const [size, of] = counted
          if (this.at + 1 + size > end) return false
          const count = readCount(bytes, this.at + 1, size)
          length += size + (of === 'bytes' ? count : of === 'typed' ? count + 1 : 0)
          inside = of === 'values' ? count : of === 'pairs' ? 2 * count : 0
        }
      }
      if (this.at + length > end) return false
      this.at += length
      this.#left += inside - 1
      this.values++
    }
    return true
  }
}

/** Where the items of an array lie that begins at `from`, up to the first that breaks off. Nothing when it is no array. */
export function* itemsOf(
  bytes: Uint8Array,
  from: number,
): Generator<{ start: number; end: number; values: number }> {
  const head = arrayHead(bytes, from)
  if (head === undefined) return
  let at = head.end
  for (let item = 0; item < head.count; item++) {
    const one = valueAt(bytes, at)
    if (one === undefined) return
    yield one
    at = one.end
  }
}

/** How many items an array says to have, and where the first begins; undefined when it is no array. */
export function arrayHead(bytes: Uint8Array, from: number): { count: number; end: number } | undefined {
  const first = bytes[from] ?? 0
  if (first >= 0x90 && first < 0xa0) return { count: first & 0x0f, end: from + 1 }
  const size = first === 220 ? 2 : first === 221 ? 4 : 0
  if (size === 0 || from + 1 + size > bytes.length) return undefined
  return { count: readCount(bytes, from + 1, size), end: from + 1 + size }
}

/** The bytes of a text or of bytes that begin at `from`; undefined for any other value. */
export function bytesAt(bytes: Uint8Array, from: number): Uint8Array | undefined {
  const first = bytes[from] ?? 0
  if (first >= 0xa0 && first < 0xc0) return bytes.subarray(from + 1, from + 1 + (first & 0x1f))
  const counted = COUNTED[first]
  if (counted?.[1] !== 'bytes') return undefined
  const start = from + 1 + counted[0]
  return bytes.subarray(start, start + readCount(bytes, from + 1, counted[0]))
}

/** The value that begins at `from`; undefined when it breaks off or is none. */
export function valueAt(
  bytes: Uint8Array,
  from: number,
): { start: number; end: number; values: number } | undefined {
  const scan = new MsgpackScan()
  scan.at = from
  try {
    return scan.run(bytes) ? { start: from, end: scan.at, values: scan.values } : undefined
  } catch {
    return undefined
  }
}

function readCount(bytes: Uint8Array, at: number, size: number): number {
  let count = 0
  for (let index = 0; index < size; index++) count = count * 256 + (bytes[at + index] ?? 0)
  return count
}
