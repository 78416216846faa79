import type pg from 'pg'
import {
  addIndexes,
  dropInvalidIndexes,
  type IndexGroup,
  readIndexes,
  removeIndexes,
} from './partition-indexes.ts'
import { type Burst, type Load, readBurst, readLoad, rowsIn } from './partition-load.ts'
import type { UpkeepStore } from './partition-upkeep.ts'
import { FILTERABLE_RATE, type Partition } from './partitions.ts'
import { fromMillis, MINUTE } from './timestamp.ts'

/**
 * When a group of indexes goes. The search index takes 33 µs of each row, and of 30,000 rows/s none would be left for
 * anything else; those of filters take as much as the row itself, which only matters when every core is busy. Without
 * them a filter reads the minutes in which the kept counts say it has rows.
 */
const IS_TOO_MUCH: Readonly<Record<IndexGroup, (load: Load, burst: Burst) => boolean>> = {
  search: ({ recent }, { within5s }) => recent >= 1000 || within5s >= SEARCH_BURST_ROWS,
  filter: (_, { within2s }) => within2s >= FILTER_BURST_ROWS,
}
const IS_MODEST: Readonly<Record<IndexGroup, (load: Load) => boolean>> = {
  search: ({ recent, average }) => average < SEARCHABLE_RATE && recent < 1000,
  filter: ({ recent }) => recent < FILTERABLE_RATE,
}

/** Rows a second up to which searches get their index: 33 µs a row, a hundredth of a core. */
const SEARCHABLE_RATE = 300

/** Fewer rows are read as fast as they are looked up, and many a partition begins with a burst. */
export const SEARCH_WORTH_ROWS = 20_000

/** Rows within 5 s at which the search index goes, and within 2 s at which those of filters do. */
export const SEARCH_BURST_ROWS = 10_000
export const FILTER_BURST_ROWS = 80_000

/** Building a group again costs 25 and 5 µs a row that is there, so bursts must not have it built again and again. */
const KEPT_AWAY_MS: Readonly<Record<IndexGroup, number>> = { search: 10 * MINUTE, filter: MINUTE }

/** The dearest first. */
const GROUPS = ['search', 'filter'] as const

/** Takes indexes off the open partition under load and gives them back when the rate is modest. */
export class OpenIndexes {
  readonly #store: UpkeepStore
  readonly #removedAt = { search: Number.NEGATIVE_INFINITY, filter: Number.NEGATIVE_INFINITY }

  constructor(store: UpkeepStore) {
    this.#store = store
  }

  /** The groups that writers pay too much for now, and the partition in question. */
  async tooMuch(now = Date.now()): Promise<{ open: Partition; groups: IndexGroup[] } | undefined> {
    const open = await this.#store.partitions.holding(fromMillis(now))
    if (!open) return undefined
    const has = await readIndexes(this.#store.pool, open.name)
    const load = await readLoad(this.#store.pool, now)
    const burst = await readBurst(this.#store.pool, open.lower)
    const groups = GROUPS.filter((group) => has[group].any && IS_TOO_MUCH[group](load, burst))
    return groups.length > 0 ? { open, groups } : undefined
  }

  /** @param client in no transaction */
  async remove(client: pg.ClientBase, { name }: Partition, groups: readonly IndexGroup[]): Promise<void> {
    for (const group of groups) {
      this.#removedAt[group] = Date.now()
      await removeIndexes(client, name, group)
    }
  }

  /** Gives the open partition what it lacks and can keep up. @param client in no transaction */
  async complete(client: pg.ClientBase, now = Date.now()): Promise<void> {
    const { pool, partitions } = this.#store
    const open = await partitions.holding(fromMillis(now))
    if (!open) return
    const has = await readIndexes(client, open.name)
    if (GROUPS.every((group) => has[group].whole)) return
    // One whose build or removal was cut short: writers go on paying for it.
    await dropInvalidIndexes(client, open.name)
    const load = await readLoad(pool, now)
    for (const group of GROUPS.toReversed()) {
      if (has[group].whole || !IS_MODEST[group](load)) continue
      if (now - this.#removedAt[group] <= KEPT_AWAY_MS[group]) continue
      if (group === 'search' && (await rowsIn(pool, open)) < SEARCH_WORTH_ROWS) continue
      await addIndexes(client, open.name, group)
    }
  }
}
