import type pg from 'pg'
import { blocksOf, hasBlocks } from '../blocks/block-tables.ts'
import { withLogsToItself } from '../database/exclusive-access.ts'
import { inTransaction } from '../database/transaction.ts'
import type { Partition } from '../partitions/partition.ts'

/** The table in the making. One at a time, so one name. */
const RENEWED = 'log_blocks_renewed'

/**
 * Gives back the room that blocks left which were made anew: copies those that are there to a table of their own, which
 * takes the place of the old one in a short step.
 *
 * For a caller that holds the maintenance lock: nothing else changes blocks meanwhile.
 */
export async function renewBlocks(pool: pg.Pool, { name, lower, upper }: Partition): Promise<void> {
  if (!(await hasBlocks(pool, name))) return
  const table = blocksOf(name)
  // One that was cut short may have left it.
  await pool.query(`drop table if exists ${RENEWED}`)
  try {
    await pool.query(`create table ${RENEWED} (like log_blocks including all)`)
    await inTransaction(pool, async (client) => {
      await client.query('set local statement_timeout = 0')
      await client.query(`insert into ${RENEWED} select * from ${table}`)
      await withLogsToItself(client, async () => {
        await client.query(`alter table log_blocks detach partition ${table}`)
        await client.query(`drop table ${table}`)
        await client.query(`alter table ${RENEWED} rename to ${table}`)
        await client.query(
          `alter table log_blocks attach partition ${table} for values from ('${lower}') to ('${upper}')`,
        )
      })
    })
  } finally {
    await pool.query(`drop table if exists ${RENEWED}`)
  }
}
