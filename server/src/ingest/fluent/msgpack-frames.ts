import { MsgpackError, MsgpackScan } from './msgpack-scan.ts'

/** The most bytes of a message; beyond them the connection cannot go on, since the next message's start is unknown. */
export const MAX_FRAME_BYTES = 16 * 1024 * 1024

/** Cuts a stream into MessagePack values, and holds what has no end yet. */
export class MsgpackFrames {
  #held: Buffer = Buffer.alloc(0)
  /** Memory that `#held` begins in and may grow into. */
  #room: Buffer = Buffer.alloc(0)
  #scan = new MsgpackScan()

  /** Bytes of a value whose end has not come yet. */
  get heldBytes(): number {
    return this.#held.length
  }

  /** The values that are complete now; they may be views of the chunk. @throws {MsgpackError} when it cannot go on */
  push(chunk: Buffer): Buffer[] {
    this.#hold(chunk)
    const frames: Buffer[] = []
    let start = 0
    while (start < this.#held.length && this.#scan.run(this.#held)) {
      frames.push(this.#held.subarray(start, this.#scan.at))
      start = this.#scan.at
      this.#scan = new MsgpackScan()
      this.#scan.at = start
    }
    if (this.#held.length - start > MAX_FRAME_BYTES) {
      throw new MsgpackError(`a message is over ${MAX_FRAME_BYTES / 1024 / 1024} MB`)
    }
    if (start > 0) {
      // A copy: the handed-over bytes need not be held for the sake of a rest.
      this.#held = Buffer.from(this.#held.subarray(start))
      this.#room = this.#held
      this.#scan.at -= start
    }
    return frames
  }

  /** The memory doubles, so that single bytes are not copied again with each other one. */
  #hold(chunk: Buffer): void {
    if (this.#held.length === 0) {
      this.#held = chunk
      this.#room = Buffer.alloc(0)
      return
    }
    const length = this.#held.length + chunk.length
    if (this.#room.length < length) {
      this.#room = Buffer.allocUnsafeSlow(2 * length)
      this.#held.copy(this.#room)
    }
    chunk.copy(this.#room, this.#held.length)
    this.#held = this.#room.subarray(0, length)
  }
}
