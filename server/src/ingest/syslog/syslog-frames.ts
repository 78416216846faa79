/** Longer messages are cut: a little more than a message of a record may have. */
export const MAX_FRAME_BYTES = 264 * 1024

const NEWLINE = 10
const NUL = 0
/** The longest count before a space and a priority: `270336 <`. */
const COUNT = /^([1-9]\d{0,8}) </

/**
 * Cuts a TCP stream into messages, by octet counting (RFC 6587, 3.4.1: `11 <13>message`) or at line ends, decided for
 * each message by its first byte. Holds at most `MAX_FRAME_BYTES`; a longer message is cut there, its rest skipped and
 * counted.
 */
export class SyslogFrames {
  #held: Buffer = Buffer.alloc(0)
  /** Memory that `#held` lies in and may grow into. Never written to twice: messages are views of it. */
  #room: Buffer = Buffer.alloc(0)
  /** Where `#held` ends in `#room`. */
  #end = 0
  /** Bytes of `#held` in which no line ends. */
  #scanned = 0
  /** Bytes still to be skipped of a counted message that was too long. */
  #skipBytes = 0
  #skipsToLineEnd = false
  /** A line that was cut, until its end has come and it is known by how much. */
  #cutLine: Buffer | undefined
  #skippedBytes = 0
  readonly #cutBytes = new WeakMap<Buffer, number>()

  /** Bytes that a message lacks, which were more than is held of one. */
  cutBytes(message: Buffer): number {
    return this.#cutBytes.get(message) ?? 0
  }

  /** Bytes of a message whose end has not come yet. */
  get heldBytes(): number {
    return this.#held.length + (this.#cutLine?.length ?? 0)
  }

  /** The messages that are complete now; they may be views of the chunk. */
  push(chunk: Buffer): Buffer[] {
    this.#hold(chunk)
    const messages: Buffer[] = []
    for (;;) {
      const message = this.#next()
      if (message === undefined) return messages
      if (message.length > 0) messages.push(message)
    }
  }

  /** The rest when the connection ends: a last line without its end. */
  end(): Buffer[] {
    const rest = this.#held
    this.#held = Buffer.alloc(0)
    if (this.#cutLine !== undefined) return [this.#endCutLine(rest.length)]
    return rest.length === 0 || this.#skipsToLineEnd || this.#skipBytes > 0 ? [] : [rest]
  }

  /** The next message, an empty message for skipped bytes, or undefined when more bytes have to come. */
  #next(): Buffer | undefined {
    if (this.#skipBytes > 0) return this.#skip()
    if (this.#held.length === 0) return undefined
    const count = this.#skipsToLineEnd ? undefined : this.#readCount()
    if (count === 'unsure') return undefined
    return count === undefined ? this.#line() : this.#counted(count.start, count.length)
  }

  #readCount(): { start: number; length: number } | 'unsure' | undefined {
    const head = this.#held.toString('latin1', 0, 11)
    const digits = COUNT.exec(head)?.[1]
    if (digits !== undefined) return { start: digits.length + 1, length: Number(digits) }
    return head.length < 11 && /^[1-9]\d{0,8} ?$/.test(head) ? 'unsure' : undefined
  }

  #counted(start: number, length: number): Buffer | undefined {
    const taken = Math.min(length, MAX_FRAME_BYTES)
    if (this.#held.length < start + taken) return undefined
    this.#skipBytes = length - taken
    const message = this.#take(start, start + taken, 0)
    if (length > taken) this.#cutBytes.set(message, length - taken)
    return message
  }

  #line(): Buffer | undefined {
    const end = this.#lineEnd()
    if (end === -1 || end > MAX_FRAME_BYTES) {
      if (this.#held.length < MAX_FRAME_BYTES) return undefined
      const part = this.#take(0, MAX_FRAME_BYTES, 0)
      if (this.#cutLine === undefined) {
        this.#skipsToLineEnd = true
        // A copy, so that a line without an end does not keep the memory of all that follows.
        this.#cutLine = Buffer.from(part)
        this.#skippedBytes = 0
      } else this.#skippedBytes += part.length
      return Buffer.alloc(0)
    }
    this.#skipsToLineEnd = false
    const message = this.#take(0, end, 1)
    return this.#cutLine === undefined ? message : this.#endCutLine(message.length)
  }

  #endCutLine(lastBytes: number): Buffer {
    const message = this.#cutLine ?? Buffer.alloc(0)
    this.#cutBytes.set(message, this.#skippedBytes + lastBytes)
    this.#cutLine = undefined
    this.#skipsToLineEnd = false
    return message
  }

  /** Where the first line of `#held` ends, -1 when it does not; looks at no byte twice. */
  #lineEnd(): number {
    const newline = this.#held.indexOf(NEWLINE, this.#scanned)
    const before = this.#held.subarray(this.#scanned, newline === -1 ? this.#held.length : newline)
    const nul = before.indexOf(NUL)
    if (nul !== -1) return this.#scanned + nul
    if (newline === -1) this.#scanned = this.#held.length
    return newline
  }

  #skip(): Buffer | undefined {
    const skipped = Math.min(this.#skipBytes, this.#held.length)
    if (skipped === 0) return undefined
    this.#skipBytes -= skipped
    return this.#take(0, 0, skipped)
  }

  /** Adds a chunk to what is held. The memory doubles, so that single bytes are not copied again with each other one. */
  #hold(chunk: Buffer): void {
    if (this.#held.length === 0) {
      this.#held = chunk
      this.#room = Buffer.alloc(0)
      return
    }
    const length = this.#held.length + chunk.length
    const isRoom = this.#room.length >= this.#end + chunk.length && this.#room.length > 0
    if (!isRoom) {
      this.#room = Buffer.allocUnsafeSlow(2 * length)
      this.#held.copy(this.#room)
      this.#end = this.#held.length
    }
    chunk.copy(this.#room, this.#end)
    this.#end += chunk.length
    this.#held = this.#room.subarray(this.#end - length, this.#end)
  }

  #take(start: number, end: number, behind: number): Buffer {
    this.#scanned = 0
    const message = this.#held.subarray(start, end)
    this.#held = this.#held.subarray(end + behind)
    return message
  }
}
