// A worker process on the database: no server, no HTTP.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type OpenLogs, openLogs, readLogPage, StartupError, summariseSources } from '../../src/index.ts'
import { deleteCamera } from '../../src/store/cameras/cameras.ts'
import { LogOperations } from '../../src/store/log-operations.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { DAY, record } from './some-records.ts'

let database: TestDatabase
let logs: OpenLogs | undefined

beforeEach(async () => {
  database = await createTestDatabase()
})

afterEach(async () => {
  await logs?.close()
  logs = undefined
  await database.close()
})

const stored = async () =>
  (await database.database.pool.query('select message from logs order by id')).rows.map(
    ({ message }: { message: string }) => message,
  )

it('stores what its loggers write before it closes', async () => {
  logs = await openLogs({ connection: database.connection })
  const logger = await logs.createLogger({ source: 'worker', handlers: [], flushOnExit: false })
  logger.bind({ camera_id: 3 }).info('captured')
  logger.debug('below the level in force')
  await logs.close()
  logs = undefined
  expect(await stored()).toEqual(['captured'])
})

it('obeys a level that another process sets within two seconds', async () => {
  logs = await openLogs({ connection: database.connection })
  const logger = await logs.createLogger({ source: 'worker', handlers: [], flushOnExit: false })
  await new SettingsStore(database.database.pool).update({ log_level: 'DEBUG' })
  await expect
    .poll(
      async () => {
        logger.debug('now wanted')
        await logger.flush()
        return stored()
      },
      { timeout: 10_000 },
    )
    .toContain('now wanted')
})

it('says that the schema is missing, and leaves no connection behind', async () => {
  const { pool } = database.database
  await pool.query('alter table migrations rename to migrations_of_another')
  const refused = await openLogs({ connection: database.connection }).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(StartupError)
  expect((refused as StartupError).message).toContain('Start the server of this version once')
  await expect
    .poll(async () => {
      const { rows } = await pool.query(
        `select count(*)::int as open from pg_stat_activity where datname = current_database() and application_name = 'timelapser-logs-worker'`,
      )
      return rows[0].open
    })
    .toBe(0)
})

it('reads what another process stores, deletes and clears meanwhile, and undoes a clear on its few connections', async () => {
  logs = await openLogs({ connection: database.connection })
  const { operations } = logs
  const { pool } = database.database
  const server = new LogOperations({ pool, settings: new SettingsStore(pool) })
  const everything = { visibility: { cameras: null } }
  const read = async () =>
    (await operations.getLogs(everything, { offset: 0, limit: 10 })).map((row) => [
      row.message,
      row.camera_id,
    ])
  const at = (days: number) => new Date(Date.now() - days * DAY).toISOString()
  const write = (message: string, days: number) =>
    server.addLogEntries([record({ message, camera_id: 7, timestamp: at(days) })])
  try {
    await write('first', 20)
    expect(await read()).toEqual([['first', 7]])
    // Each goes to a partition that this process has not seen.
    await write('older', 90)
    await write('newer', 1)
    await expect.poll(read).toEqual([
      ['newer', 7],
      ['first', 7],
      ['older', 7],
    ])
    await deleteCamera(pool, 7)
    await expect.poll(async () => (await read()).map(([, camera]) => camera)).toEqual([null, null, null])
    await server.clearLogs()
    await server.addLogEntries([record({ message: 'since', timestamp: at(200) })])
    await expect.poll(read).toEqual([['since', null]])
    expect((await operations.undoClear())?.rows).toBe(3)
    expect((await read()).map(([message]) => message)).toEqual(['newer', 'first', 'older', 'since'])
    const page = await operations.read(readLogPage, everything, undefined, { offset: 0, limit: 2 })
    expect([page.rows.length, page.total]).toEqual([2, { total: 4, is_exact: true }])
    expect((await operations.read(summariseSources, everything, undefined)).sources).toHaveLength(1)
  } finally {
    await server.close()
  }
})
