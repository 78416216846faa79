import type pg from 'pg'
import { dropBlocks } from '../blocks/block-tables.ts'
import { COUNTS_LOCK } from '../counts/count-folding.ts'
import { removeFoldedCounts, removePendingCounts } from '../counts/removed-counts.ts'
import { keepBuildsOff, withLogsToItself } from '../database/exclusive-access.ts'
import { inTransaction } from '../database/transaction.ts'
import type { Partition } from './partition.ts'

/**
 * Drops a partition with its counts, in one transaction: rows, counts and the registry agree at every moment. The
 * counts go first, while everyone works on; `logs` is locked for the last step alone.
 *
 * @returns how many rows it held; 0 when it is gone already
 */
export function dropPartition(pool: pg.Pool, partition: Partition): Promise<number> {
  const { name, lower, upper } = partition
  return inTransaction(pool, async (client) => {
    await client.query('select pg_advisory_xact_lock($1)', [COUNTS_LOCK])
    if (!(await isAttached(client, partition))) return 0
    await keepBuildsOff(client, name)
    const folded = await removeFoldedCounts(client, lower, upper)
    return withLogsToItself(client, async () => {
      if (!(await isAttached(client, partition)))
        throw new Error(`the partition ${name} was changed meanwhile`)
      const pending = await removePendingCounts(client, lower, upper)
      await client.query(`alter table logs detach partition ${name}`)
      await client.query(`drop table ${name}`)
      await dropBlocks(client, name)
      await client.query('delete from log_partitions where name = $1', [name])
      await client.query(`select pg_notify('log_partitions', '')`)
      return folded + pending
    })
  })
}

/**
 * Whether the partition is still attached to `logs`, within the same bounds: not dropped, cleared or ended early
 * meanwhile.
 */
export async function isAttached(client: pg.PoolClient, { name, lower, upper }: Partition): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'is_attached',
    text: `
      select 1
      from log_partitions
      where name = $1 and lower = $2 and upper = $3 and detached_at is null`,
    values: [name, lower, upper],
  })
  return rowCount === 1
}
