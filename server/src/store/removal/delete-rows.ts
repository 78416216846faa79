import type pg from 'pg'
import { COUNTS_LOCK } from '../counts/count-folding.ts'
import { dropEmptyCounts } from '../counts/removed-counts.ts'
import { inTransaction } from '../database/transaction.ts'
import { changeRows, type RowBatches } from './row-batches.ts'

/**
 * Deletes the matching rows in short transactions, newest first, each with the counts of what it took.
 *
 * @returns how many were deleted, by all transactions or those until the signal
 */
export async function deleteRows(pool: pg.Pool, range: RowBatches): Promise<number> {
  const deleted = await changeRows(pool, range, {
    statement: 'delete from logs l using chosen c',
    counts: () => 'values (changed.old_camera_id, -1)',
    isRemoval: true,
  })
  if (deleted === 0) return 0
  await inTransaction(pool, async (client) => {
    await client.query('select pg_advisory_xact_lock($1)', [COUNTS_LOCK])
    await dropEmptyCounts(client, range.lower, range.upper)
  })
  return deleted
}
