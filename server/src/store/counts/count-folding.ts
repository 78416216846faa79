import type pg from 'pg'
import { inTransaction } from '../database/transaction.ts'

/** 7,469,003: 'counts'. Held by the session that folds or corrects the kept counts. */
export const COUNTS_LOCK = 7469003

/** Batches of counts one fold takes; the rest waits for the next. */
const MAX_FOLDED_ROWS = 50_000

/**
 * Moves what was appended into minutes, hours, days and months, in one statement: no reader sees a row twice or not at all.
 *
 * @returns how many rows were folded; 0 when there are none or another server is at it.
 */
export async function foldCounts(pool: pg.Pool): Promise<number> {
  // At rest that is all there is to do, every second.
  const pending = await pool.query({ name: 'counts_pending', text: 'select from log_counts_pending limit 1' })
  if (!pending.rowCount) return 0
  return inTransaction(
    pool,
    async (client) => {
      const { rows } = await client.query<{ locked: boolean }>(
        'select pg_try_advisory_xact_lock($1) as locked',
        [COUNTS_LOCK],
      )
      return rows[0]?.locked ? foldWithin(client) : 0
    },
    { isLimited: true },
  )
}

/** Gives back the room of what was folded: until then every count reads through it. Passes where a vacuum is at it. */
export async function vacuumPending(pool: pg.Pool): Promise<void> {
  await pool.query('vacuum (skip_locked) log_counts_pending')
}

/** The fold itself, for a transaction that holds `COUNTS_LOCK`. */
async function foldWithin(client: pg.PoolClient): Promise<number> {
  const { rows } = await client.query<{ folded: number }>({ name: 'fold_counts', text: FOLD })
  return rows[0]?.folded ?? 0
}

const into = (grain: string) => `
  ${grain} as (
    insert into log_counts_${grain} (bucket, level, source, camera_id, rows)
    select date_trunc('${grain}', bucket), level, source, camera_id, sum(rows)
    from summed
    group by 1, 2, 3, 4
    on conflict (bucket, level, source, camera_id) do update
    set rows = log_counts_${grain}.rows + excluded.rows
  )`

const FOLD = `
  with moved as (
    delete from log_counts_pending
    where ctid = any (array(select ctid from log_counts_pending limit ${MAX_FOLDED_ROWS}))
    returning bucket, level, source, camera_id, rows
  ), summed as materialized (
    -- Under load a hundred batches tell of the same minute: added up once and not for each grain.
    select bucket, level, source, camera_id, sum(rows) as rows
    from moved
    group by 1, 2, 3, 4
  ), ${into('minute')}, ${into('hour')}, ${into('day')}, ${into('month')}
  select count(*) as folded
  from moved`
