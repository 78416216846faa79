import { afterEach, beforeEach, expect, it } from 'vitest'
import { LogOperations } from '../../src/store/log-operations.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { setupDatabaseLogging } from '../../src/store/setup-database-logging.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let logs: LogOperations
let settings: SettingsStore

beforeEach(async () => {
  database = await createTestDatabase()
  const { pool } = database.database
  settings = new SettingsStore(pool)
  logs = new LogOperations({ pool, settings })
})

afterEach(async () => {
  await logs.close()
  await database.close()
})

it('stores what the application logs as rows, by the level people set', async () => {
  const { logger, handler } = await setupDatabaseLogging({
    logOperations: logs,
    readLogLevel: async () => (await settings.get()).log_level,
    source: 'worker',
    logger_name: 'camera_worker',
    handlers: [],
    flushOnExit: false,
  })
  expect(handler.getUserLogLevel()).toBe((await settings.get()).log_level)
  logger.bind({ camera_id: 1 }).error('RTSP connection failed: rtsp://admin:geheim@192.168.1.100/stream', {
    retry_count: 3,
    timeout_duration: 30,
    broken: 'a\0b\ud800',
  })
  for (let index = 0; index < 2_500; index++) logger.warning('line %d', index)
  logger.debug('below the level')
  await logger.close()

  const { rows } = await database.database.pool.query(
    'select level, message, source, logger_name, camera_id, extra_data from logs order by timestamp, id',
  )
  expect(rows).toHaveLength(2_501)
  expect(rows[0]).toEqual({
    level: 'ERROR',
    message: 'RTSP connection failed: rtsp://***:***@192.168.1.100/stream',
    source: 'camera_1',
    logger_name: 'camera_worker',
    camera_id: 1,
    extra_data: { retry_count: 3, timeout_duration: 30, broken: 'a\ufffdb\ufffd' },
  })
  expect(rows.slice(1).map((row) => row.message)).toEqual(
    Array.from({ length: 2_500 }, (_, n) => `line ${n}`),
  )
  expect(handler.stats()).toMatchObject({ delivered: 2_501, rejected: 0, dropped: 0, queuedRows: 0 })
})
