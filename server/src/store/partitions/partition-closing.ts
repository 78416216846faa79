import type pg from 'pg'
import { withLockTimeout, withLogsToItself } from '../database/exclusive-access.ts'
import { inTransaction } from '../database/transaction.ts'
import type { Partition } from './partition.ts'

/** 7,469,006: 'upkeep'. Held, for as long as it lives, by the server that ends, closes and indexes partitions. */
export const UPKEEP_LOCK = 7469006

/** How the constraint is called that keeps rows out of what will no longer be the partition's. */
const CLOSING = '_closing'

/**
 * Gives the open partition an earlier end. First a constraint refuses rows beyond it (they wait for the end of this),
 * is proven for the rows that are there while everyone works on, and then spares the scan in the one short step that
 * needs `logs` for itself: a detach and an attach, a few milliseconds.
 *
 * @param end whole minutes, after the newest row
 * @returns whether it was done; not when a row beyond the end came first
 */
export async function endEarly(pool: pg.Pool, partition: Partition, end: string): Promise<boolean> {
  const { name, lower } = partition
  const constraint = `${name}${CLOSING}`
  try {
    await withLockTimeout(
      pool,
      (client) =>
        client.query(
          `alter table ${name} add constraint ${constraint}
          check (timestamp >= '${lower}' and timestamp < '${end}') not valid`,
        ),
      name,
    )
    const isProven = await inTransaction(pool, (client) =>
      client.query(`alter table ${name} validate constraint ${constraint}`),
    ).then(
      () => true,
      (error: unknown) => {
        if (!isClosingRefusal(error)) throw error
        return false
      },
    )
    if (isProven) await attachAnew(pool, partition, end)
    return isProven
  } finally {
    await reopen(pool, name)
  }
}

/** Whether PostgreSQL refused a row because its partition is about to end, by the name of a table or its constraint. */
export function isClosingRefusal(error: unknown): boolean {
  const { code, constraint } = error as { code?: unknown; constraint?: unknown }
  return code === '23514' && typeof constraint === 'string' && constraint.endsWith(CLOSING)
}

/** Takes away what endings that were cut short left behind; for one who knows that none is under way. */
export async function reopenAll(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ name: string }>(`
    select p.name
    from log_partitions p
    join pg_constraint c on c.conrelid = to_regclass(p.name)
    where c.contype = 'c' and c.conname = p.name || '${CLOSING}'`)
  for (const { name } of rows) await reopen(pool, name)
}

/**
 * For a writer that waits in vain for a partition to end: undoes what a server that is gone began. Does nothing while
 * a server is at it.
 */
export function recoverEndings(pool: pg.Pool): Promise<void> {
  return inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ free: boolean }>('select pg_try_advisory_xact_lock($1) as free', [
      UPKEEP_LOCK,
    ])
    if (rows[0]?.free) await reopenAll(pool)
  })
}

async function reopen(pool: pg.Pool, name: string): Promise<void> {
  const { rowCount } = await pool.query(
    `select from pg_constraint where conrelid = to_regclass($1) and conname = $2`,
    [name, `${name}${CLOSING}`],
  )
  if (!rowCount) return
  await withLockTimeout(pool, (client) =>
    client.query(`alter table if exists ${name} drop constraint if exists ${name}${CLOSING}`),
  )
}

function attachAnew(pool: pg.Pool, { name, lower, upper }: Partition, end: string): Promise<void> {
  return inTransaction(pool, (client) =>
    withLogsToItself(client, async () => {
      // Under load a search must not wait for its indexes as long as its width would have it.
      const { rowCount } = await client.query(
        `update log_partitions
        set upper = $3::timestamptz, closed_at = $3::timestamptz + interval '10 seconds'
        where name = $1 and upper = $2 and detached_at is null`,
        [name, upper, end],
      )
      if (!rowCount) return
      await client.query(`alter table logs detach partition ${name}`)
      await client.query(
        `alter table logs attach partition ${name} for values from ('${lower}') to ('${end}')`,
      )
      await client.query(`alter table ${name} drop constraint ${name}${CLOSING}`)
      await client.query(`select pg_notify('log_partitions', '')`)
    }),
  )
}
