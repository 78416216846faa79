import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { connectionOf } from './cluster.ts'
import type { BenchSystem } from './system.ts'

/** Building the indexes of ten million rows takes minutes. */
const PATIENCE_MS = 15 * 60_000

/** Waits until every partition that ended over an hour ago has its full indexes; resolves with the seconds it took. */
export async function untilIndexed(system: BenchSystem): Promise<number> {
  const client = new pg.Client(connectionOf(system))
  await client.connect()
  const start = Date.now()
  try {
    for (;;) {
      const { rows } = await client.query<{ missing: string }>(`
        select count(*) as missing
        from log_partitions
        where upper < now() - interval '1 hour' and indexed_at is null`)
      if (Number(rows[0]?.missing) === 0) return Math.round((Date.now() - start) / 1000)
      if (Date.now() - start > PATIENCE_MS)
        throw new Error(`${rows[0]?.missing} partitions are still without indexes`)
      await sleep(1000)
    }
  } finally {
    await client.end()
  }
}
