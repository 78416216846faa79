// A worker process on the database: no server, no HTTP.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type OpenLogs, openLogs, StartupError } from '../../src/index.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

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
      { timeout: 2_000 },
    )
    .toContain('now wanted')
})

it('says that the schema is missing, and leaves no connection behind', async () => {
  const { pool } = database.database
  await pool.query('alter table migrations rename to migrations_of_another')
  const refused = await openLogs({ connection: database.connection }).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(StartupError)
  expect((refused as StartupError).message).toContain('Start its server once')
  await expect
    .poll(async () => {
      const { rows } = await pool.query(
        `select count(*)::int as open from pg_stat_activity where datname = current_database() and application_name = 'timelapser-logs-worker'`,
      )
      return rows[0].open
    })
    .toBe(0)
})
