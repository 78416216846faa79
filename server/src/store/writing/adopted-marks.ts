import { LRUCache } from 'lru-cache'
import type pg from 'pg'
import { adoptMark, type SenderMark } from './senders.ts'

/** Senders remembered; a forgotten sender costs a statement more. */
const MAX_SENDERS = 10_000

/** Has marks of before marks belonged to keys taken over, once by each sender. */
export class AdoptedMarks {
  readonly #pool: pg.Pool
  readonly #done = new LRUCache<string, Promise<void>>({ max: MAX_SENDERS })

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  /** Resolves when the sender's former mark, if any, is its own. */
  async once(mark: SenderMark): Promise<void> {
    const known = this.#done.get(mark.sender)
    if (known) return known
    const adopting = adoptMark(this.#pool, mark)
    this.#done.set(mark.sender, adopting)
    await adopting.catch((error: unknown) => {
      this.#done.delete(mark.sender)
      throw error
    })
  }
}
