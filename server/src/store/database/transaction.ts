import type pg from 'pg'

/** A connection of the pool for a piece of work. When the work fails its transaction, if any, is rolled back. */
export async function withConnection<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    return await work(client)
  } catch (error) {
    await client.query('rollback').catch((reason: Error) => {
      broken = reason
    })
    throw error
  } finally {
    // A connection that cannot even roll back is ended, not given to others.
    client.release(broken)
  }
}

export type TransactionOptions = {
  begin?: 'begin' | 'begin isolation level repeatable read'
  /** Keeps the connection's limits, on statements and on idle time between them; otherwise there are none. */
  isLimited?: boolean
}

/** A transaction of its own on a connection of the pool. */
export function inTransaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
  { begin = 'begin', isLimited = false }: TransactionOptions = {},
): Promise<T> {
  return withConnection(pool, async (client) => {
    await client.query(begin)
    if (!isLimited) await client.query(NO_LIMITS)
    const result = await work(client)
    await client.query('commit')
    return result
  })
}

/** Between the statements of this kind of transaction, work of minutes happens on other connections. */
const NO_LIMITS = 'set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0'

/** Whether the database takes writes: no standby, and not set to be read-only. */
export async function isWritable(client: pg.Pool | pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ writable: boolean }>({
    name: 'is_writable',
    text: `select current_setting('transaction_read_only') = 'off' and not pg_is_in_recovery() as writable`,
  })
  return rows[0]?.writable ?? false
}
