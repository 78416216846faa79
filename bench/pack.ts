import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { openDatabase } from '../server/src/store/database/open.ts'
import { packAndClean } from '../server/src/store/partitions/packing.ts'
import type { Partition } from '../server/src/store/partitions/partition.ts'
import { connectionOf } from './cluster.ts'
import type { BenchSystem } from './system.ts'

/** Turns packing on and packs all partitions that ended over a day ago; resolves with the seconds it took. */
export async function pack(system: BenchSystem, client: pg.Client): Promise<number> {
  await system.request('PUT', '/api/settings', { pack_after_days: 1 })
  // As if it had been turned on an hour ago, and every line were old enough.
  await until(async () => {
    const { rowCount } = await client.query(`update log_packing set begun_at = now() - interval '1 hour'`)
    return rowCount === 1
  })
  const start = Date.now()
  await until(async () => {
    await system.request('POST', '/api/logs', { message: 'the server looks when something is stored' })
    const { rows } = await client.query<{ due: string }>(`
      select count(*) as due
      from log_partitions
      where upper < now() - interval '1 day' and packed_at is null`)
    return Number(rows[0]?.due) === 0
  })
  return Math.round((Date.now() - start) / 1000)
}

/** Packs what has ended since as well. */
export async function packRest(system: BenchSystem): Promise<void> {
  const database = await openDatabase({ connection: connectionOf(system) })
  try {
    const { rows } = await database.pool.query<Partition>(
      'select name, lower, upper from log_partitions where upper < now() and packed_at is null order by lower',
    )
    const client = await database.connect()
    for (const partition of rows) await packAndClean(database.pool, client, partition)
    await client.end()
  } finally {
    await database.close()
  }
}

async function until(isDone: () => Promise<boolean>): Promise<void> {
  while (!(await isDone())) await sleep(500)
}
