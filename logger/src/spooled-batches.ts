import type { Batch, BatchingSpool } from './batching-options.ts'

/** Between two numbers that are given out there is room for the halves of a batch that was refused as too large. */
export const NUMBER_STEP = 1024

/** A batch under way, and where it is kept besides in memory. */
export type Taken<Item> = Batch<Item> & { beganMs: number; spooled?: { isForeign: boolean } }

type Told = {
  onProblem(sentence: string): void
  /** Rows that are gone: no room, or spoilt by the disk. Foreign ones were an earlier process's. */
  onDropped(rows: number, isForeign: boolean): void
  /** Rows of this process that another one sends. */
  onTakenOver(rows: number): void
}

/** Batches of items in a spool. Nothing here throws: lines that the disk refuses are reported, and stay in memory. */
export class SpooledBatches<Item> {
  readonly #spool: BatchingSpool<Item>
  readonly #told: Told

  constructor(spool: BatchingSpool<Item>, told: Told) {
    this.#spool = spool
    this.#told = told
  }

  get sender(): string {
    return this.#spool.store.sender
  }

  get directory(): string {
    return this.#spool.store.directory
  }

  get isDurable(): boolean {
    return this.#spool.durable
  }

  get rows(): number {
    return this.#spool.store.rows
  }

  get bytes(): number {
    return this.#spool.store.bytes
  }

  /** Rows of this process. */
  get ownRows(): number {
    return this.#spool.store.ownRows
  }

  /** Rows of the batch that `append` adds to. */
  get openRows(): number {
    return this.#spool.store.openRows
  }

  /** Rows of this process in batches that are complete. */
  get ownCompleteRows(): number {
    return this.ownRows - this.openRows
  }

  /** Rows of batches that are complete. */
  get completeRows(): number {
    return this.rows - this.openRows
  }

  /** Adds an item to batch `number`; false when it is not on disk. */
  append(number: number, item: Item): boolean {
    // Not by #try: durable lines are frequent, and the closure would take the caller's time.
    try {
      this.#spool.store.append(number, this.#spool.encode(item))
      return true
    } catch (error) {
      this.#tell(error)
      return false
    } finally {
      this.#countDropped()
    }
  }

  /** Completes the batch that `append` adds to. */
  seal(): void {
    this.#try(() => this.#spool.store.seal())
  }

  /** Adds a whole batch of memory; false when it is not on disk. */
  write(batch: Taken<Item>): boolean {
    const { store, encode } = this.#spool
    let isWritten = false
    this.#try(() => {
      isWritten = store.write(batch, batch.items.map(encode))
    })
    if (!isWritten) return false
    batch.spooled = { isForeign: false }
    return true
  }

  /** Takes the next batch, of this process or of a process that has ended. Unreadable batches are dropped. */
  take(whose: 'own' | 'foreign'): Taken<Item> | undefined {
    const { store, decode } = this.#spool
    const next = () => (whose === 'own' ? store.nextOwn() : store.nextForeign())
    let taken: Taken<Item> | undefined
    this.#try(() => {
      for (let spooled = next(); spooled && !taken; spooled = taken ? undefined : next()) {
        const { sender, number, texts, broken, isForeign } = spooled
        const items = texts.flatMap((text) => decodeOrNone(decode, text))
        this.#told.onDropped(broken + texts.length - items.length, isForeign)
        if (items.length === 0) {
          store.remove(spooled)
          continue
        }
        const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
        taken = { sender, number, items, bytes, spooled: { isForeign }, beganMs: performance.now() }
      }
    })
    return taken
  }

  /** Puts its halves in the place of a batch that was refused as too large; false when that cannot be done. */
  halve(batch: Taken<Item>): boolean {
    const { store, encode } = this.#spool
    const endOfRoom = batch.number - (batch.number % NUMBER_STEP) + NUMBER_STEP
    let isHalved = false
    this.#try(() => {
      isHalved = store.halve(batch, batch.items.map(encode), endOfRoom)
    })
    return isHalved
  }

  /** Keeps a batch that is under way from being dropped for want of room. */
  hold(batch: Taken<Item>): void {
    this.#spool.store.hold(batch)
  }

  remove(batch: Taken<Item>): void {
    this.#try(() => this.#spool.store.remove(batch))
  }

  /** Whether a batch is still on disk for this process to send. */
  keeps(batch: Taken<Item>): boolean {
    return this.#spool.store.keeps(batch)
  }

  /** Calls when batches of a process that has ended were found. */
  onAdopted(listener: () => void): void {
    this.#spool.store.onAdopted(listener)
  }

  /** Leaves what is there to the next process. */
  close(): void {
    this.#spool.store.close()
  }

  #try(work: () => void): boolean {
    try {
      work()
      return true
    } catch (error) {
      this.#tell(error)
      return false
    } finally {
      this.#countDropped()
    }
  }

  #tell(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    this.#told.onProblem(`Log lines cannot be kept on disk: ${reason}`)
  }

  #countDropped(): void {
    const takenOver = this.#spool.store.takeTakenOver()
    if (takenOver > 0) this.#told.onTakenOver(takenOver)
    const dropped = this.#spool.store.takeDropped()
    if (!dropped) return
    this.#told.onDropped(dropped.own, false)
    this.#told.onDropped(dropped.foreign, true)
  }
}

function decodeOrNone<Item>(decode: (text: string) => Item, text: string): Item[] {
  try {
    return [decode(text)]
  } catch {
    return []
  }
}
