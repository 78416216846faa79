// Deletes and rewrites run alone, by a lock of a connection: when that breaks, others begin.
import type { LogRecord } from '@timelapser/logger'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { withMaintenance } from '../../src/store/database/exclusive-access.ts'
import { LogOperations } from '../../src/store/log-operations.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let logs: LogOperations

beforeEach(async () => {
  database = await createTestDatabase()
  const { pool } = database.database
  logs = new LogOperations({ pool, settings: new SettingsStore(pool) })
})

afterEach(async () => {
  await logs.close()
  await database.close()
})

const EVERYTHING = { visibility: { cameras: null } }

/** Ends the connection that holds the lock, once there is a holder; the lock is free afterwards. */
async function endTurn(): Promise<void> {
  const holders = `from pg_locks
    where locktype = 'advisory' and objid = 7469004 and granted
      and database = (select oid from pg_database where datname = current_database())`
  const rowsOf = async (sql: string) => (await database.database.pool.query(sql)).rowCount
  await expect.poll(() => rowsOf(`select pg_terminate_backend(pid) ${holders}`)).toBe(1)
  // The signal is sent; the connection may live on for a moment on a busy machine.
  await expect.poll(() => rowsOf(`select 1 ${holders}`)).toBe(0)
}

it('tells who works that it is no longer alone, and the caller too', async () => {
  const { pool } = database.database
  const working = withMaintenance(pool, async (lost) => {
    await endTurn()
    await expect.poll(() => lost.aborted).toBe(true)
    return withMaintenance(pool, async () => 'done by another')
  })
  await expect(working).rejects.toMatchObject({ code: '57P01' })
  expect(await withMaintenance(pool, async () => 'done')).toBe('done')
})

it('ends a deletion that is no longer alone, and does not call it done', async () => {
  const record = (index: number): LogRecord => ({
    ...{ timestamp: new Date().toISOString(), level: 'INFO', source: 'api', message: `line ${index}` },
    ...{ logger_name: null, camera_id: null, extra_data: null },
  })
  await logs.addLogEntries(Array.from({ length: 9000 }, (_, index) => record(index)))
  const client = await database.database.connect()
  // The deletion waits for one of its last rows.
  await client.query('begin')
  await client.query(`select 1 from logs where message = 'line 5' for update`)
  const deleting = logs.deleteMatching({ ...EVERYTHING, search: 'line' })
  const outcome = expect(deleting).rejects.toMatchObject({ code: '57P01' })
  const left = async () => (await logs.countLogs(EVERYTHING)).total
  await expect.poll(left).toBe(4000)
  await endTurn()
  await client.query('rollback')
  await client.end()
  await outcome
})
