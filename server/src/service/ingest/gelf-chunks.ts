import type { ByteBudget } from '../../byte-budget.ts'

/** Two bytes that mark a chunk, eight of the message's id, the chunk's number and the number of chunks. */
const HEAD_BYTES = 12
const MAGIC = [0x1e, 0x0f] as const
/** GELF, "Chunking". */
const MAX_CHUNKS = 128
/** GELF, "Chunking": all chunks have to come within it. */
export const CHUNKS_MS = 5000
/** Memory of a chunk beside its bytes. */
const CHUNK_BYTES = 200

type Message = {
  sender: string
  chunks: (Buffer | undefined)[]
  missing: number
  bytes: number
  since: number
}

/** The outcome of a datagram: a whole message, a part of an incomplete message, or nothing usable. */
export type Datagram = { message: Buffer } | 'incomplete' | 'unusable'

/** Puts together messages that came in several datagrams, within a budget of bytes in all and by sender. */
export class GelfChunks {
  readonly #budget: ByteBudget
  /** The oldest comes first. */
  readonly #open = new Map<string, Message>()

  constructor(budget: ByteBudget) {
    this.#budget = budget
  }

  /** How many messages wait for chunks. */
  get size(): number {
    return this.#open.size
  }

  /** @param nowMs a clock that never goes back */
  push(datagram: Buffer, sender: string, nowMs: number): Datagram {
    if (datagram[0] !== MAGIC[0] || datagram[1] !== MAGIC[1]) return { message: datagram }
    const number = datagram[10] ?? 0
    const count = datagram[11] ?? 0
    if (datagram.length < HEAD_BYTES || count < 1 || count > MAX_CHUNKS || number >= count) return 'unusable'
    const key = `${sender} ${datagram.toString('latin1', 2, 10)}`
    const known = this.#open.get(key)
    if (known !== undefined && known.chunks.length !== count) return 'unusable'
    if (known?.chunks[number] !== undefined) return 'incomplete'
    const bytes = datagram.length + CHUNK_BYTES
    if (!this.#budget.take(sender, bytes)) return 'unusable'
    const message = known ?? { sender, chunks: Array(count), missing: count, bytes: 0, since: nowMs }
    if (known === undefined) this.#open.set(key, message)
    // A copy: the datagram may lie in a larger buffer, which would be held as well.
    message.chunks[number] = Buffer.from(datagram.subarray(HEAD_BYTES))
    message.bytes += bytes
    message.missing -= 1
    if (message.missing > 0) return 'incomplete'
    this.#forget(key, message)
    return { message: Buffer.concat(message.chunks as Buffer[]) }
  }

  /** Forgets messages whose chunks did not all come in time, and says how many they were. */
  expire(nowMs: number): number {
    let expired = 0
    for (const [key, message] of this.#open) {
      if (nowMs - message.since < CHUNKS_MS) break
      this.#forget(key, message)
      expired++
    }
    return expired
  }

  #forget(key: string, { sender, bytes }: Message): void {
    this.#open.delete(key)
    this.#budget.give(sender, bytes)
  }
}
