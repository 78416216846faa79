import type pg from 'pg'
import { withMaintenance } from '../database/exclusive-access.ts'
import type { SqlParameters } from '../database/sql-parameters.ts'
import { comparable } from '../database/timestamp.ts'
import { dropPartition } from '../partitions/drop-partition.ts'
import type { Partition } from '../partitions/partition.ts'
import type { Store } from '../reading/store.ts'
import { deleteFromBlocks, deleteRows } from './delete-rows.ts'
import { renewBlocks } from './renew-blocks.ts'
import { type PlannedRemoval, planRemovals } from './retention-plan.ts'
import { type Cutoffs, goesBefore, latestCutoff } from './retention-policy.ts'
import { rewritePartition } from './rewrite-partition.ts'

export type RetentionResult = {
  deleted_count: number
  dropped_partitions: number
  rewritten_partitions: number
}

/**
 * Removes what the cut-offs name, and then the oldest partitions until the rest fits the budget. Whole partitions are
 * dropped, those that lose over a third are written anew, smaller edges go in short batches; the counts stay exact all
 * the while.
 *
 * @param maxBytes of all partitions with their indexes; 0 sets no budget
 */
export function applyRetention(store: Store, cutoffs: Cutoffs, maxBytes: number): Promise<RetentionResult> {
  return withMaintenance(store.pool, async (lost) => {
    const result = { deleted_count: 0, dropped_partitions: 0, rewritten_partitions: 0 }
    store.partitions.reload()
    for (const removal of await planRemovals(store, cutoffs, maxBytes)) {
      lost.throwIfAborted()
      result.deleted_count += await remove(store.pool, removal, cutoffs, lost)
      if (removal.action === 'drop') result.dropped_partitions++
      if (removal.action === 'rewrite') result.rewritten_partitions++
    }
    store.partitions.reload()
    return result
  })
}

async function remove(
  pool: pg.Pool,
  removal: PlannedRemoval,
  cutoffs: Cutoffs,
  lost: AbortSignal,
): Promise<number> {
  const { partition, action } = removal
  if (action === 'drop') return dropPartition(pool, partition)
  if (action === 'rewrite') {
    const goes = (parameters: SqlParameters) => goesBefore(cutoffs, 'timestamp', parameters)
    const range = {
      ...partition,
      conditions: (parameters: SqlParameters) => [goes(parameters)],
      signal: lost,
    }
    const deleted = await deleteFromBlocks(pool, range)
    if (deleted > 0) await renewBlocks(pool, partition)
    return deleted + (await rewritePartition(pool, partition, goes, lost))
  }
  return deleteEdge(pool, partition, cutoffs, lost)
}

function deleteEdge(
  pool: pg.Pool,
  { lower, upper }: Partition,
  cutoffs: Cutoffs,
  signal: AbortSignal,
): Promise<number> {
  const latest = latestCutoff(cutoffs)
  const end = latest !== null && comparable(latest) < comparable(upper) ? latest : upper
  return deleteRows(pool, {
    lower,
    upper: end,
    conditions: (parameters) => [goesBefore(cutoffs, 'timestamp', parameters)],
    signal,
  })
}
