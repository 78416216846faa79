import type pg from 'pg'
import { COUNTS_LOCK } from './count-folding.ts'
import { inTransaction } from './exclusive-access.ts'
import { dropEmptyCounts } from './removed-counts.ts'
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
