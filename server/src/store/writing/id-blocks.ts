import type pg from 'pg'

/** The increment of the sequence `log_ids`: ids a block holds. */
export const BLOCK = 10_000

/** Hands out contiguous ranges of ids from blocks of the sequence; the rest of a block at the end is lost. */
export class IdBlocks {
  readonly #pool: pg.Pool
  #next = 0
  #end = 0
  #tail: Promise<unknown> = Promise.resolve()

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  /** The first of `count` ids that are the caller's alone. */
  reserve(count: number): Promise<number> {
    const reserved = this.#tail.then(() => this.#reserve(count))
    this.#tail = reserved.catch(() => undefined)
    return reserved
  }

  async #reserve(count: number): Promise<number> {
    while (this.#end - this.#next < count) await this.#refill(count)
    const first = this.#next
    this.#next += count
    return first
  }

  async #refill(count: number): Promise<void> {
    const blocks = Math.ceil(count / BLOCK)
    const { rows } = await this.#pool.query<{ id: number }>({
      name: 'reserve_log_ids',
      text: `select nextval('log_ids') as id from generate_series(1, $1)`,
      values: [blocks],
    })
    for (const { id } of rows) {
      // Another server may have drawn a block in between; only blocks that touch make one range.
      if (id === this.#end) this.#end = id + BLOCK
      else {
        this.#next = id
        this.#end = id + BLOCK
      }
    }
  }
}
