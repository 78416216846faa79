import { inTransaction, withMaintenance } from '../database/exclusive-access.ts'
import type { Store } from '../reading/store.ts'
import {
  type ScrubBatch,
  type ScrubChange,
  type ScrubExample,
  type ScrubPlace,
  scrubBatch,
} from './scrub-batch.ts'

/** Examples that a reply carries. */
const MAX_EXAMPLES = 10

export type ScrubOptions = {
  change: ScrubChange
  /** Changes nothing. */
  isDryRun: boolean
  /** Ends it after the batch under way; what is changed by then stays so. */
  signal?: AbortSignal | undefined
  /** Told after every batch. */
  onProgress?: ((progress: ScrubProgress) => void) | undefined
}

export type ScrubProgress = { scanned_rows: number; matched_rows: number }

export type ScrubResult = {
  scanned_rows: number
  matched_rows: number
  examples: ScrubExample[]
}

/** Goes through all stored rows, newest partition first, and rewrites those that the change changes. */
export function scrubRows(store: Store, options: ScrubOptions): Promise<ScrubResult> {
  const work = async () => {
    const result: ScrubResult = { scanned_rows: 0, matched_rows: 0, examples: [] }
    store.partitions.reload()
    for (const partition of await store.partitions.list()) {
      let place: ScrubPlace | undefined = { timestamp: partition.upper, id: 0 }
      while (place && !options.signal?.aborted) {
        const from: ScrubPlace = place
        const maxExamples = MAX_EXAMPLES - result.examples.length
        const batch: ScrubBatch = await inTransaction(store.pool, (client) =>
          scrubBatch(client, partition, from, { ...options, maxExamples }),
        )
        place = batch.next
        result.scanned_rows += batch.scanned
        result.matched_rows += batch.matched
        result.examples.push(...batch.examples)
        options.onProgress?.({ scanned_rows: result.scanned_rows, matched_rows: result.matched_rows })
      }
    }
    return result
  }
  // Nobody deletes or rewrites meanwhile; a dry run disturbs nobody.
  return options.isDryRun ? work() : withMaintenance(store.pool, work, options.signal)
}
