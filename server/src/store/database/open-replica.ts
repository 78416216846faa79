import pg from 'pg'
import { sessionSettings, valueParsers } from './open.ts'
import { ReadReplica } from './read-replica.ts'
import { SilentConnections } from './silent-connections.ts'
import { type StatementTiming, watchStatements } from './statement-watch.ts'

/** As many as the primary has for requests. */
const MAX_CONNECTIONS = 20

export type OpenReplica = { replica: ReadReplica; close: () => Promise<void> }

/**
 * Opens a standby for reads; it may be away now and come later.
 *
 * @throws {StartupError} when it answers, and is another database than the primary or behind a pooler
 */
export async function openReplica(options: {
  connection: pg.PoolConfig
  primary: pg.Pool
  /** Called for every statement when it ends. */
  onStatement?: (timing: StatementTiming) => void
}): Promise<OpenReplica> {
  const { connection, primary, onStatement } = options
  const pool = new pg.Pool({ ...sessionSettings(connection), types: valueParsers, max: MAX_CONNECTIONS })
  if (onStatement) watchStatements(pool, onStatement)
  const connections = new SilentConnections()
  // Without these the loss of a connection would end the process.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  connections.watch(pool)
  const replica = new ReadReplica({ primary, replica: pool, markSilent: () => connections.mark() })
  const close = async () => {
    await replica.close()
    await pool.end()
  }
  try {
    await replica.open()
    return { replica, close }
  } catch (error) {
    await close()
    throw error
  }
}
