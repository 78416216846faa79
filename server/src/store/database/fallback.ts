// Statements that read at a replica and are run at the primary when it fails them: its replay cancelled them, it went away,
// or it lacks what they name. Each statement reads a state of its own, so a read may go on at the other place.
import type pg from 'pg'

type Fallback = { primary: pg.Pool; onFailure: (error: unknown) => void }

const fallbacks = new WeakMap<pg.Pool, Fallback>()

/** Has statements of `replica` run at `primary` when it fails them. */
export function fallBack(replica: pg.Pool, primary: pg.Pool, onFailure: Fallback['onFailure']): void {
  fallbacks.set(replica, { primary, onFailure })
  const query = replica.query.bind(replica) as (...values: unknown[]) => Promise<unknown>
  const again = primary.query.bind(primary) as typeof query
  const either = (...values: unknown[]) =>
    query(...values).catch((error: unknown) => {
      if (!isReplicasOwn(error)) throw error
      onFailure(error)
      return again(...values)
    })
  replica.query = either as typeof replica.query
}

/** Runs work that takes connections of a pool; at the primary when the pool is a replica's and fails it. */
export async function withFallback<T>(
  pool: pg.Pool,
  signal: AbortSignal | undefined,
  work: (pool: pg.Pool) => Promise<T>,
): Promise<T> {
  const fallback = fallbacks.get(pool)
  if (!fallback) return work(pool)
  try {
    return await work(pool)
  } catch (error) {
    if (signal?.aborted || !isReplicasOwn(error)) throw error
    fallback.onFailure(error)
    return work(fallback.primary)
  }
}

/**
 * SQLSTATE classes of a failure that the primary may not have: connection, resources, operator, a conflict with the
 * replay, a table that is not there yet, and what a standby cannot do.
 */
const IS_REPLICAS_OWN = /^(08|28|3D|53|57P|58|XX|40001|42P01|25006|0A000|55000)/

function isReplicasOwn(error: unknown): boolean {
  const { code = '', message = '' } = error as { code?: string; message?: string }
  if (IS_REPLICAS_OWN.test(code) || /^E[A-Z]+$/.test(code)) return true
  return /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/.test(
    message,
  )
}
