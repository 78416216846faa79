import type pg from 'pg'
import type { Connection } from 'pg'

const forgetful = new WeakSet<Connection>()

/**
 * Has the connections of a pool prepare no statement for later: through a pooler the next transaction is in another
 * session, which does not know it.
 */
export function forgetStatements(pool: pg.Pool): void {
  pool.on('connect', (client) => {
    forgetful.add((client as unknown as { connection: Connection }).connection)
    const query = client.query.bind(client) as (...values: unknown[]) => unknown
    const nameless = (statement: unknown, ...rest: unknown[]) => query(withoutName(statement), ...rest)
    client.query = nameless as typeof client.query
  })
}

/** Whether what is prepared on this connection is gone after the transaction. */
export function isForgetful(connection: Connection): boolean {
  return forgetful.has(connection)
}

function withoutName(statement: unknown): unknown {
  const { name, submit } = (statement ?? {}) as { name?: unknown; submit?: unknown }
  if (typeof name !== 'string' || typeof submit === 'function') return statement
  return { ...(statement as object), name: undefined }
}
