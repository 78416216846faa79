/** Longer messages are cut off: a little more than a record's message, its fields beside. */
export const MAX_FRAME_BYTES = 512 * 1024

const NUL = 0

/**
 * Cuts a TCP stream into messages, each of which ends with a NUL. A message longer than `MAX_FRAME_BYTES` becomes an
 * empty message.
 */
export class GelfFrames {
  #held: Buffer[] = []
  #heldBytes = 0
  #isTooLong = false

  /** Bytes of a message whose end has not come yet. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** The messages that are complete now; they may be views of the chunk. */
  push(chunk: Buffer): Buffer[] {
    const messages: Buffer[] = []
    let start = 0
    for (let end = chunk.indexOf(NUL); end !== -1; end = chunk.indexOf(NUL, start)) {
      this.#hold(chunk.subarray(start, end))
      const isBlank = this.#heldBytes === 0 && !this.#isTooLong
      const [message] = this.#take()
      if (!isBlank && message !== undefined) messages.push(message)
      start = end + 1
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start))
    return messages
  }

  /** The rest when the connection ends: a last message without its NUL. */
  end(): Buffer[] {
    const isBlank = this.#heldBytes === 0 && !this.#isTooLong
    return isBlank ? [] : this.#take()
  }

  #hold(piece: Buffer): void {
    this.#isTooLong ||= this.#heldBytes + piece.length > MAX_FRAME_BYTES
    if (this.#isTooLong) {
      this.#held = []
      this.#heldBytes = 0
    } else if (piece.length > 0) {
      this.#held.push(piece)
      this.#heldBytes += piece.length
    }
  }

  #take(): Buffer[] {
    const message = this.#held.length === 1 ? (this.#held[0] as Buffer) : Buffer.concat(this.#held)
    this.#held = []
    this.#heldBytes = 0
    this.#isTooLong = false
    return [message]
  }
}
