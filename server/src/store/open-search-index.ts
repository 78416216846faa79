import type pg from 'pg'
import { addSearchIndex, dropInvalidIndexes, hasSearchIndex, removeSearchIndex } from './partition-indexes.ts'
import { readBurst, readLoad } from './partition-load.ts'
import type { UpkeepStore } from './partition-upkeep.ts'
import { SEARCHABLE_RATE } from './partitions.ts'
import { fromMillis, MINUTE } from './timestamp.ts'

/**
 * Rows a second, over a minute or in a burst of seconds, at which the index goes: kept up row by row it takes 33 µs of
 * each, and of 30,000 rows/s none would be left for anything else.
 */
const REMOVED_AT = 1000
export const REMOVED_AT_BURST = 4000

/** Building it again costs 25 µs a row that is there, so bursts must not have it built again and again. */
const KEPT_AWAY_MS = 10 * MINUTE

/** Gives the open partition its search index while the rate is modest and takes it away under load. */
export class OpenSearchIndex {
  readonly #store: UpkeepStore
  #removedAt = Number.NEGATIVE_INFINITY

  constructor(store: UpkeepStore) {
    this.#store = store
  }

  /** @param client in no transaction */
  async adjust(client: pg.ClientBase, now = Date.now()): Promise<void> {
    const { pool, partitions } = this.#store
    const open = await partitions.holding(fromMillis(now))
    if (!open) return
    const isThere = await hasSearchIndex(client, open.name)
    // One whose build or removal was cut short: writers go on paying for it.
    if (!isThere) await dropInvalidIndexes(client, open.name)
    const { recent, average } = await readLoad(pool, now)
    if (isThere) {
      if (recent < REMOVED_AT && (await readBurst(pool, open.lower)) < REMOVED_AT_BURST) return
      await removeSearchIndex(client, open.name)
      this.#removedAt = now
    } else if (average < SEARCHABLE_RATE && recent < REMOVED_AT && now - this.#removedAt > KEPT_AWAY_MS) {
      await addSearchIndex(client, open.name)
    }
  }
}
