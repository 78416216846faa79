import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
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

async function until(isDone: () => Promise<boolean>): Promise<void> {
  while (!(await isDone())) await sleep(500)
}
