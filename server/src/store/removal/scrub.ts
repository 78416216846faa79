import { withMaintenance } from '../database/exclusive-access.ts'
import { inTransaction } from '../database/transaction.ts'
import type { Store } from '../reading/store.ts'
import { type ScrubChange, type ScrubExample, scrubBatch } from './scrub-batch.ts'
import { untilSettled } from './scrub-settling.ts'
import { findStretch, type ScrubPlace } from './scrub-stretch.ts'

/** Examples that a reply carries. */
const MAX_EXAMPLES = 10

export type ScrubOptions = {
  change: ScrubChange
  /** Changes nothing. */
  isDryRun: boolean
  /** Ends it after the current batch; changed rows stay changed. */
  signal?: AbortSignal | undefined
  /** Called after every batch. */
  onProgress?: ((progress: ScrubProgress) => void) | undefined
}

type ScrubProgress = { scanned_rows: number; matched_rows: number }

export type ScrubResult = {
  scanned_rows: number
  matched_rows: number
  examples: ScrubExample[]
}

/**
 * Goes through all stored rows, newest first, and rewrites the rows that the change changes. Sessions that wait to
 * delete or rewrite rows go in between two batches.
 */
export async function scrubRows(store: Store, options: ScrubOptions): Promise<ScrubResult> {
  const { isDryRun, signal, onProgress } = options
  const result: ScrubResult = { scanned_rows: 0, matched_rows: 0, examples: [] }
  if (!isDryRun) await untilSettled(store.pool, signal)
  let place: ScrubPlace | undefined
  const nextBatch = () =>
    inTransaction(store.pool, async (client) => {
      const maxExamples = MAX_EXAMPLES - result.examples.length
      const stretch = await findStretch(client, place, !isDryRun)
      return stretch && scrubBatch(client, stretch, { ...options, maxExamples })
    })
  while (!signal?.aborted) {
    // Nobody deletes or rewrites meanwhile; a dry run disturbs nobody.
    const batch = await (isDryRun ? nextBatch() : withMaintenance(store.pool, nextBatch, signal)).catch(
      (error: unknown) => {
        // Ended while others had their turn: the caller gets what was done by then.
        if (signal?.aborted && place) return undefined
        throw error
      },
    )
    if (!batch) break
    place = batch.next
    result.scanned_rows += batch.scanned
    result.matched_rows += batch.matched
    result.examples.push(...batch.examples)
    onProgress?.({ scanned_rows: result.scanned_rows, matched_rows: result.matched_rows })
  }
  return result
}
