import type pg from 'pg'
import { fromMillis, MINUTE } from '../database/timestamp.ts'
import type { Partition } from './partition.ts'
import {
  addIndexes,
  dropInvalidIndexes,
  type IndexGroup,
  readIndexes,
  removeIndexes,
} from './partition-indexes.ts'
import { type Burst, type Load, readBurst, readLoad, rowsIn } from './partition-load.ts'
import type { UpkeepStore } from './partition-upkeep.ts'

/**
 * When a group of indexes goes. The search index takes 33 µs of each row, and of 30,000 rows/s none would be left for
 * anything else; those of filters take as much as the row itself, which only matters when every core is busy. Without
 * them a filter reads the minutes in which the kept counts say it has rows.
 */
const IS_TOO_MUCH: Readonly<Record<IndexGroup, (load: Load, burst: Burst) => boolean>> = {
  search: ({ recent }, { within5s }) => recent >= 1000 || within5s >= SEARCH_BURST_ROWS,
  filter: (_, { within2s }) => within2s >= FILTER_BURST_ROWS,
}
/** When a group may come back. A burst that has just begun shows in no average. */
const IS_MODEST: Readonly<Record<IndexGroup, (load: Load, burst: Burst) => boolean>> = {
  search: ({ recent, average }, { within5s }) =>
    average < SEARCHABLE_RATE && recent < 1000 && within5s < SEARCH_BURST_ROWS / 2,
  filter: ({ recent }, { within2s }) => recent < FILTERABLE_RATE && within2s < FILTER_BURST_ROWS * 0.75,
}

/** Rows a second up to which searches get their index: 33 µs a row, a hundredth of a core. */
const SEARCHABLE_RATE = 300

/** Rows a second up to which filters do: 4 µs a row, a tenth of a core. */
const FILTERABLE_RATE = 25_000

/** Fewer rows are read as fast as they are looked up, and many a partition begins with a burst. */
export const INDEX_WORTH_ROWS = 20_000

/** Rows within 5 s at which the search index goes, and within 2 s at which those of filters do. */
export const SEARCH_BURST_ROWS = 10_000
export const FILTER_BURST_ROWS = 80_000

/** Building a group again costs 25 and 5 µs a row that is there, so bursts must not have it built again and again. */
const KEPT_AWAY_MS: Readonly<Record<IndexGroup, number>> = { search: 10 * MINUTE, filter: MINUTE }

/** The dearest first. */
const GROUPS = ['search', 'filter'] as const

/** The due changes of the indexes of the open partition. */
export type Adjustment = { open: Partition; remove: IndexGroup[]; add: IndexGroup[] }

/** Takes indexes off the open partition under load and gives it what it can keep up. */
export class OpenIndexes {
  readonly #store: UpkeepStore
  /** When a group was taken off, or could not be built. */
  readonly #removedAt = { search: Number.NEGATIVE_INFINITY, filter: Number.NEGATIVE_INFINITY }

  constructor(store: UpkeepStore) {
    this.#store = store
  }

  /** The adjustment that is due now; undefined when none is. */
  async due(now = Date.now()): Promise<Adjustment | undefined> {
    const { pool, partitions } = this.#store
    const open = await partitions.holding(fromMillis(now))
    if (!open) return undefined
    const has = await readIndexes(pool, open.name)
    const load = await readLoad(pool, now)
    const burst = await readBurst(pool, open.lower)
    const remove = GROUPS.filter((group) => has[group].any && IS_TOO_MUCH[group](load, burst))
    const add = GROUPS.filter(
      (group) =>
        !has[group].whole &&
        IS_MODEST[group](load, burst) &&
        now - this.#removedAt[group] > KEPT_AWAY_MS[group],
    )
    if (add.length > 0 && (await rowsIn(pool, open)) < INDEX_WORTH_ROWS) add.length = 0
    return remove.length + add.length > 0 ? { open, remove, add } : undefined
  }

  /** Does what is due. @param client in no transaction */
  async adjust(client: pg.ClientBase, { open, remove, add }: Adjustment): Promise<void> {
    for (const group of remove) {
      this.#removedAt[group] = Date.now()
      await removeIndexes(client, open.name, group)
    }
    if (add.length === 0) return
    // One whose build or removal was cut short: writers go on paying for it.
    await dropInvalidIndexes(client, open.name)
    for (const group of add) {
      // Until it is done, so that what fails is not tried again in every round.
      this.#removedAt[group] = Date.now()
      await addIndexes(client, open.name, group)
      this.#removedAt[group] = Number.NEGATIVE_INFINITY
    }
  }
}
