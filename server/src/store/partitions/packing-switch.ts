// Packing is off until it is turned on, and off again when nothing is packed any more.
import type pg from 'pg'
import { withLogsToItself } from '../database/exclusive-access.ts'
import { IS_PACKING_DUE, PACK_AFTER_DAYS } from '../database/packed-state.ts'
import { inTransaction } from '../database/transaction.ts'

/** Packing is to be turned on, and the database does not allow it. */
export class PackingRefused extends Error {
  override name = 'PackingRefused'
}

export type PackingProgress = {
  /** When `logs` became a view of rows and packed ones; null while nothing is or was packed. */
  begun_at: string | null
  /** Whether packed lines are being made rows again. */
  is_unpacking: boolean
  /** Closed partitions that hold packed lines, and those that are still to be packed. */
  packed_partitions: number
  due_partitions: number
  packed_rows: number
  /** The bytes that the packed partitions take now, and took before. */
  packed_bytes: number
  unpacked_bytes: number
}

/**
 * Makes `logs` a view if packing is wanted and it is none yet; servers know of it a while later, and packing begins then.
 *
 * @throws {PackingRefused} when the database does not allow it
 */
export async function beginIfWanted(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ is_wanted: boolean; is_on: boolean }>({
    name: 'is_packing_wanted',
    text: `
      with resumed as (
        update log_packing set is_unpacking = false where is_unpacking and ${PACK_AFTER_DAYS} > 0
      )
      select ${PACK_AFTER_DAYS} > 0 as is_wanted, exists (select from log_packing) as is_on`,
  })
  if (rows[0]?.is_wanted && !rows[0].is_on) await beginPacking(pool)
}

/**
 * Makes `logs` a view, once.
 *
 * @throws {PackingRefused} when the database does not allow it
 */
export async function beginPacking(pool: pg.Pool): Promise<void> {
  // The step below has everyone wait.
  const { rowCount } = await pool.query('select from log_packing')
  if (rowCount) return
  await inTransaction(pool, (client) =>
    withLogsToItself(client, async () => {
      await client.query('select begin_packing()')
    }),
  ).catch((cause: unknown) => {
    throw refusal(cause) ?? cause
  })
}

function refusal(cause: unknown): PackingRefused | undefined {
  const { code, message, hint } = cause as { code?: unknown; message?: string; hint?: string }
  if (code === '2BP01') return new PackingRefused(`${message}. ${hint}`, { cause })
  if (code === '55P03')
    return new PackingRefused('Another session has been reading logs for over a minute. Try again.', {
      cause,
    })
  if (code !== '42501') return undefined
  return new PackingRefused(
    `PostgreSQL does not allow it: ${message}. Packing requires a separate schema: grant create on the database to the user of DATABASE_URL.`,
    { cause },
  )
}

/** Has packed lines made rows again, in the background, until all are or packing is wanted once more. */
export async function askToUnpack(client: pg.Pool | pg.PoolClient): Promise<void> {
  await client.query({
    name: 'ask_to_unpack',
    text: `
      with asked as (
        update log_packing set is_unpacking = true returning is_unpacking
      )
      select pg_notify('log_packing', '') from asked`,
  })
}

/** Makes `logs` the table again, once nothing is packed. */
export function endPacking(pool: pg.Pool): Promise<void> {
  return inTransaction(pool, (client) =>
    withLogsToItself(client, async () => {
      await client.query('select end_packing() where not exists (select from log_blocks)')
    }),
  )
}

export async function readPackingProgress(pool: pg.Pool): Promise<PackingProgress> {
  const { rows } = await pool.query<PackingProgress>({
    name: 'packing_progress',
    text: `
      with packed as (
        select unpacked_bytes,
          coalesce(pg_total_relation_size(to_regclass(name)), 0)
            + coalesce(pg_total_relation_size(to_regclass(name || '_b')), 0) as packed_bytes
        from log_partitions
        where detached_at is null and packed_at is not null and to_regclass(name || '_b') is not null
      )
      select (select begun_at from log_packing) as begun_at,
        coalesce((select is_unpacking from log_packing), false) as is_unpacking,
        (select count(*) from packed)::integer as packed_partitions,
        (select count(*) from log_partitions where ${IS_PACKING_DUE})::integer as due_partitions,
        (select coalesce(sum(rows), 0) from log_blocks)::bigint as packed_rows,
        (select coalesce(sum(packed_bytes), 0) from packed)::bigint as packed_bytes,
        (select coalesce(sum(unpacked_bytes), 0) from packed)::bigint as unpacked_bytes`,
  })
  return rows[0] as PackingProgress
}
