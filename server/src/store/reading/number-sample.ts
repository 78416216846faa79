// The blocks with columns in a sample that grows: each as a whole, when the sample comes to its beginning.
import { toMillis } from '../database/timestamp.ts'
import type { LogFilter } from '../filter/log-filter.ts'
import type { Fold } from './fold-statement.ts'
import { type FoldedPart, MAX_EXACT_CELLS } from './folded-parts.ts'
import type { Group } from './log-rows.ts'
import { boundsOf, type NumberBlock } from './number-blocks.ts'
import { foldBlocks, inBatches } from './number-folds.ts'
import { jumping, type Pass, type Stratum, shareOf } from './sample-slices.ts'
import type { Store } from './store.ts'

export type ColumnPlace = { group: Group; strata: Stratum[]; blocks: NumberBlock[] }

type Query = { filter: LogFilter & { start: string; end: string }; fold: Fold; name: string }

/** Blocks of one group of partitions. */
type Batch = { group: Group; blocks: NumberBlock[] }

export class ColumnSample {
  readonly #store: Store
  readonly #query: Query
  /** The blocks of each group in order, each with the share of its stretch at which it is read. */
  readonly #groups: { group: Group; blocks: { block: NumberBlock; share: number }[] }[]
  #isExact = true
  #exactCells = 0

  constructor(store: Store, query: Query, places: readonly ColumnPlace[]) {
    this.#store = store
    this.#query = query
    this.#groups = places.map(({ group, strata, blocks }) => ({
      group,
      blocks: blocks.map((block) => ({ block, share: shareIn(strata, toMillis(block.first_timestamp)) })),
    }))
  }

  /** The blocks of a pass: next to each other in a batch, as they have fewer cells together, in an order that jumps. */
  batchesOf({ from, to }: Pass): Batch[] {
    const batches = this.#groups.flatMap(({ group, blocks }) => {
      const chosen = blocks.filter(({ share }) => share >= from && share < to).map(({ block }) => block)
      return inBatches(chosen).map((some) => ({ group, blocks: some }))
    })
    return jumping(batches)
  }

  /** The parts of each batch, read at the same time. */
  async read(batches: readonly Batch[]): Promise<FoldedPart[][]> {
    const all = await Promise.all(
      batches.map(({ group, blocks }) => {
        const bounds = boundsOf(this.#query.filter, group)
        return foldBlocks(this.#store, { ...this.#query, bounds, isExact: this.#isExact }, blocks)
      }),
    )
    for (const { parts, isExact } of all) {
      if (!isExact) this.#isExact = false
      else this.#exactCells += parts.length
    }
    if (this.#exactCells > MAX_EXACT_CELLS) this.#isExact = false
    return all.map(({ parts }) => parts)
  }
}

/** The strata are in order, and the first one's blocks may begin before it. */
function shareIn(strata: readonly Stratum[], at: number): number {
  let [low, high] = [0, strata.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((strata[middle] as Stratum).from <= at) low = middle
    else high = middle - 1
  }
  const stratum = strata[low]
  return stratum ? shareOf(stratum, at) : 0
}
