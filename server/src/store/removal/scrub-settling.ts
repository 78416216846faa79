// Rows that are on their way when the rules change were masked by the old ones, and would come behind a masking's back.
import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'

const LOOK_MS = 100

/** Whether so long after the start all transactions have ended that had written to `logs` by then. */
export async function isSettled(
  client: pg.Pool | pg.PoolClient,
  startedAt: string,
  settleMs: number,
): Promise<boolean> {
  const { rows } = await client.query<{ is_settled: boolean }>({
    name: 'is_scrub_settled',
    text: `
      with settled as (select $1::timestamptz + $2::integer * interval '1 millisecond' as at)
      select now() >= at and not exists (
        select 1
        from pg_locks l
        join pg_stat_activity a on a.pid = l.pid
        where l.relation = to_regclass('logs') and l.mode = 'RowExclusiveLock' and l.granted
          and a.datname = current_database() and a.xact_start < at
      ) as is_settled
      from settled`,
    values: [startedAt, settleMs],
  })
  return rows[0]?.is_settled === true
}

/** Waits for the transactions that have written to `logs` by now, or for the signal. */
export async function untilSettled(pool: pg.Pool, signal: AbortSignal | undefined): Promise<void> {
  const { rows } = await pool.query<{ now: string }>({ name: 'scrub_now', text: 'select now() as now' })
  while (!signal?.aborted && !(await isSettled(pool, rows[0]?.now ?? '', 0))) await delay(LOOK_MS)
}
