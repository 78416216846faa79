import type pg from 'pg'
import { UPKEEP_LOCK } from './partition-closing.ts'

/** Whether this connection now holds the lock of the server that tends the partitions; it ends with the connection. */
export async function holdUpkeep(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [
    UPKEEP_LOCK,
  ])
  return rows[0]?.locked === true
}

/** Lets statements take minutes, on one core, however many there are: readers and writers get the others. */
export async function prepareForBuilds(client: pg.Client): Promise<void> {
  await client.query('set statement_timeout = 0')
  await client.query('set max_parallel_maintenance_workers = 0')
}

/** Ends the statement that the connection runs, if any. */
export async function cancelStatement(pool: pg.Pool, client: pg.Client): Promise<void> {
  const { processID } = client as pg.Client & { processID?: number | null }
  if (processID) await pool.query('select pg_cancel_backend($1)', [processID]).catch(() => undefined)
}
