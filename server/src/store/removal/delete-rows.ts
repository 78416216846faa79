import type pg from 'pg'
import { COUNTS_LOCK } from '../counts/count-folding.ts'
import { dropEmptyCounts } from '../counts/removed-counts.ts'
import { LOG_COLUMN_LIST } from '../database/table-names.ts'
import { inTransaction } from '../database/transaction.ts'
import { changeBlocks } from './block-changes.ts'
import { changeRows } from './row-batches.ts'
import type { RowBatches, RowChange } from './row-change.ts'

const DELETION: RowChange = {
  statement: 'delete from logs l using chosen c',
  packed: `select ${LOG_COLUMN_LIST} from unpacked where not is_chosen`,
  counts: () => 'values (changed.old_camera_id, -1)',
  isRemoval: true,
}

/** Deletes the matching rows that are packed; see `deleteRows`, which takes the others too. */
export function deleteFromBlocks(pool: pg.Pool, range: RowBatches): Promise<number> {
  return changeBlocks(pool, range, DELETION)
}

/**
 * Deletes the matching rows in short transactions, newest first, each with the counts of what it took.
 *
 * @returns how many were deleted, by all transactions or those until the signal
 */
export async function deleteRows(pool: pg.Pool, range: RowBatches): Promise<number> {
  const deleted = await changeRows(pool, range, DELETION)
  if (deleted === 0) return 0
  await inTransaction(pool, async (client) => {
    await client.query('select pg_advisory_xact_lock($1)', [COUNTS_LOCK])
    await dropEmptyCounts(client, range.lower, range.upper)
  })
  return deleted
}
