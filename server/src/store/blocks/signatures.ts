// Tells without opening a block that a text is not in it: a Bloom filter of all runs of five ASCII characters.

/** Characters of a run. Of the numbers that people look for, runs of three and four are in every block. */
export const RUN = 5

/** Bits a signature is made with, then folded to as few as leave most of them unset. */
const MOST_BITS = 2 ** 20
const FEWEST_BITS = 2 ** 10

/** The share of a signature's bits that are set at most: one text in 250 of nine characters would be let through for nothing. */
const MOST_SET = 0.25

/** Lower case of each ASCII character, by its code; 0 for what no run goes across. */
function lowered(code: number): number {
  if (code >= 0x41 && code <= 0x5a) return code + 0x20
  return code < 0x80 && code !== 0x1e ? code : 0
}

/** As `lowered`; others that PostgreSQL's `lower` takes for ASCII letters in some locales, as the Turkish, count as these. */
function loweredOfRow(code: number): number {
  if (code === 0x212a) return 0x6b
  return code === 0x130 || code === 0x131 ? 0x69 : lowered(code)
}

/** Calls with the hash of each run of the text. */
function eachRun(text: string, toLower: (code: number) => number, visit: (hash: number) => void): void {
  let length = 0
  let four = 0
  for (let index = 0; index < text.length; index++) {
    const code = toLower(text.charCodeAt(index))
    if (code === 0) {
      length = 0
      continue
    }
    const before = four
    four = ((four << 7) | code) & 0xfffffff
    if (++length >= RUN) visit(mixed(four, before >>> 21))
  }
}

function mixed(four: number, first: number): number {
  let hash = four ^ Math.imul(first + 1, 0x9e3779b1)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) & (MOST_BITS - 1)
}

export type Signature = { bytes: Buffer; bits: number }

/** The signature of the texts of rows. */
export function signatureOf(texts: readonly string[]): Signature {
  let bytes = new Uint8Array(MOST_BITS / 8)
  const set = (hash: number) => {
    bytes[hash >>> 3] = (bytes[hash >>> 3] as number) | (1 << (hash & 7))
  }
  for (const text of texts) eachRun(text, loweredOfRow, set)
  for (let bits = MOST_BITS; ; bits /= 2) {
    const half = bytes.length / 2
    const folded = bytes.slice(0, half)
    for (let index = 0; index < half; index++)
      folded[index] = (folded[index] as number) | (bytes[half + index] as number)
    if (bits <= FEWEST_BITS || countSet(folded) > (MOST_SET * bits) / 2)
      return { bytes: Buffer.from(bytes), bits }
    bytes = folded
  }
}

function countSet(bytes: Uint8Array): number {
  let set = 0
  for (let byte of bytes) for (; byte > 0; byte &= byte - 1) set++
  return set
}

/** The hashes of the runs of a text that is looked for, each once; none when it is too short for one. */
export function runsOf(text: string): number[] {
  const runs = new Set<number>()
  eachRun(text, lowered, (hash) => runs.add(hash))
  return [...runs]
}
