import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { withFallback } from './fallback.ts'
import { withScanSlot } from './scan-slots.ts'
import { isPooled, sessionsOf } from './sessions.ts'

/** Runs a single reading statement: a pool, or a reader that follows a signal. */
export type Reader = {
  query<R extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<{ rows: R[] }>
}

export type StatementLimits = {
  /** Cancels the statement on the server when it aborts. */
  signal?: AbortSignal | undefined
  /**
   * How long the statement may take; the connection's own limit otherwise. A statement with a limit may scan, so it
   * takes a slot.
   */
  timeoutMs?: number | undefined
}

/** A cancel that overtook its statement on the way to the server did nothing, so it is repeated. */
const REPEAT_CANCEL_MS = 200

/** A reader whose statements end when the signal aborts. */
export function readerFor(pool: pg.Pool, signal: AbortSignal | undefined): Reader {
  if (!signal) return pool
  return { query: (text, values) => queryWithin(pool, text, values ?? [], { signal }) }
}

/**
 * Runs one statement within limits.
 *
 * @throws the signal's reason once it has aborted and the statement is gone from the server; PostgreSQL's error 57014,
 * see `isTimeout`, when the statement took too long
 */
export async function queryWithin<R extends pg.QueryResultRow>(
  pool: pg.Pool,
  text: string,
  values: unknown[],
  limits: StatementLimits,
): Promise<{ rows: R[] }> {
  const { signal, timeoutMs } = limits
  signal?.throwIfAborted()
  return withFallback(pool, signal, (one) => {
    const run = () => runWithin<R>(one, text, values, limits)
    return timeoutMs === undefined ? run() : withScanSlot(one, signal, run)
  })
}

async function runWithin<R extends pg.QueryResultRow>(
  pool: pg.Pool,
  text: string,
  values: unknown[],
  { signal, timeoutMs }: StatementLimits,
): Promise<{ rows: R[] }> {
  const client = await pool.connect()
  const ended = new AbortController()
  // Through a pooler only a transaction keeps its session, and only that says which it is.
  const isOwnTransaction = timeoutMs !== undefined || (signal !== undefined && isPooled(pool))
  let { processID } = client as pg.PoolClient & { processID: number }
  let cancelling: Promise<void> | undefined
  const cancel = () => {
    cancelling = cancelUntil(ended.signal, pool, processID)
  }
  let isUsable = true
  try {
    if (isOwnTransaction) {
      const limit =
        timeoutMs === undefined ? '' : `; set local statement_timeout = ${Math.max(1, Math.ceil(timeoutMs))}`
      if (isPooled(pool)) processID = await beginPooled(client, limit)
      else await client.query(`begin read only${limit}`)
    }
    signal?.addEventListener('abort', cancel, { once: true })
    signal?.throwIfAborted()
    return await client.query<R>(text, values)
  } catch (error) {
    throw signal?.aborted ? signal.reason : error
  } finally {
    signal?.removeEventListener('abort', cancel)
    ended.abort()
    // A cancel under way hits the connection's next statement, so nobody else gets the connection before it is done.
    await cancelling
    if (isOwnTransaction || cancelling) isUsable = await rollBack(client)
    client.release(!isUsable)
  }
}

/** Whether the statement was ended by its time limit. */
export function isTimeout(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '57014'
}

function rollBack(client: pg.PoolClient): Promise<boolean> {
  return client.query('rollback').then(
    () => true,
    () => false,
  )
}

/** Begins a transaction and returns the process of its session. */
async function beginPooled(client: pg.PoolClient, limit: string): Promise<number> {
  // A reply for each of the statements.
  const replies = (await client.query(
    `begin read only${limit}; select pg_backend_pid() as pid`,
  )) as unknown as pg.QueryResult<{ pid: number }>[]
  return replies.at(-1)?.rows[0]?.pid as number
}

/** Cancels what the session runs, from a connection of its own: the pool may be all taken by what is to be cancelled. */
async function cancelUntil(ended: AbortSignal, pool: pg.Pool, processID: number): Promise<void> {
  const canceller = new pg.Client(sessionsOf(pool).options)
  canceller.on('error', () => undefined)
  try {
    await canceller.connect()
    while (!ended.aborted) {
      await canceller.query('select pg_cancel_backend($1)', [processID])
      await delay(REPEAT_CANCEL_MS, undefined, { signal: ended }).catch(() => undefined)
    }
  } catch {
    // It cannot be cancelled now; the statement ends at its time limit, and the caller waits for that.
  } finally {
    await canceller.end().catch(() => undefined)
  }
}
