import type { LogRecord } from '@timelapser/logger'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createCamera, deleteCamera } from '../../src/store/cameras/cameras.ts'
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

const record: LogRecord = {
  ...{ timestamp: new Date().toISOString(), level: 'INFO', source: 'api', message: 'of the first one' },
  ...{ logger_name: null, camera_id: 5, extra_data: null },
}

it('gives nobody a deleted camera’s number while a clear that names it can be undone', async () => {
  const { pool } = database.database
  const create = () => createCamera(pool, { id: 5, name: 'a new one' })
  const forget = async () => {
    logs.reloadCameras()
    await logs.forgetDeletedCameras()
  }
  await logs.addLogEntries([record])
  await logs.clearLogs()
  await deleteCamera(pool, 5)
  await forget()
  expect(await create()).toBeUndefined()
  await logs.undoClear()
  expect(await logs.forgetDeletedCameras()).toBe(1)
  expect(await create()).toMatchObject({ id: 5, name: 'a new one' })
  logs.reloadCameras()
  expect((await logs.countLogs({ visibility: { cameras: [5] } })).total).toBe(0)
  expect((await logs.countLogs({ visibility: { cameras: null } })).total).toBe(1)
})

it('gives it away once what was cleared is dropped', async () => {
  const { pool } = database.database
  await logs.addLogEntries([record])
  await logs.clearLogs()
  await deleteCamera(pool, 5)
  await logs.forgetDeletedCameras()
  await logs.dropCleared(0)
  await logs.forgetDeletedCameras()
  expect(await createCamera(pool, { id: 5, name: 'a new one' })).toMatchObject({ id: 5 })
})
