import pg from 'pg'
import { inTransaction } from '../server/src/store/database/transaction.ts'
import { createPartition } from '../server/src/store/partitions/partition-tables.ts'
import { connectionOf } from './cluster.ts'
import type { BenchSystem } from './system.ts'

const DAY_MS = 86_400_000
const AT_ONCE = 10

/** Makes a partition for each of the past days, as an installation has that ran all the while; an import makes months. */
export async function makeDays(system: BenchSystem, days: number): Promise<void> {
  const pool = new pg.Pool(connectionOf(system))
  const dayOf = (back: number) => new Date(Date.now() - back * DAY_MS).toISOString().slice(0, 10)
  try {
    for (let back = days; back > 0; back -= AT_ONCE) {
      await inTransaction(pool, async (client) => {
        for (let day = back; day > Math.max(0, back - AT_ONCE); day--) {
          const range = { lower: `${dayOf(day)}T00:00:00Z`, upper: `${dayOf(day - 1)}T00:00:00Z` }
          await createPartition(client, range, ['filter'])
        }
        await client.query(`select pg_notify('log_partitions', '')`)
      })
    }
  } finally {
    await pool.end()
  }
}
