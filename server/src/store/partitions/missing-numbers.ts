import type pg from 'pg'
import type { BlockKey } from '../blocks/unpack-blocks.ts'
import { writeNumbers } from '../blocks/write-numbers.ts'
import { withMaintenance } from '../database/exclusive-access.ts'
import { inTransaction } from '../database/transaction.ts'

/**
 * The newest block before another, or of all, that was packed by an older version and has no columns of numbers.
 */
export async function blockWithoutNumbers(
  client: pg.Pool | pg.ClientBase,
  before?: BlockKey,
): Promise<BlockKey | undefined> {
  const { rows } = await client.query<BlockKey>(
    `/* block_without_numbers */
    select first_timestamp, first_row_id
    from log_blocks
    where numbers is null and first_timestamp <= $1::timestamptz
      and (first_timestamp, first_row_id) < ($1::timestamptz, $2::bigint)
    order by first_timestamp desc, first_row_id desc
    limit 1`,
    [before?.first_timestamp ?? 'infinity', before?.first_row_id ?? 0],
  )
  return rows[0]
}

/** Adds the columns of numbers to a block, if it is still there. */
export async function addNumbers(pool: pg.Pool, block: BlockKey, signal?: AbortSignal): Promise<void> {
  const write = () => inTransaction(pool, (client) => writeNumbers(client, 'log_blocks', block))
  await withMaintenance(pool, write, signal)
}
