import { afterEach, beforeEach, expect, it } from 'vitest'
import { foldCounts } from '../../src/store/counts/count-folding.ts'
import { LogOperations } from '../../src/store/log-operations.ts'
import { newestByCamera } from '../../src/store/reading/newest-by-camera.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { DAY, record } from './some-records.ts'

const EVERYTHING = { visibility: { cameras: null } }
const NEW = '2026-03-12T12:00:00Z'
const OLD = new Date(Date.parse(NEW) - 5 * DAY).toISOString().replace('.000Z', 'Z')

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

it.each([
  ['never', async () => undefined],
  ['before that', () => foldCounts(database.database.pool)],
])('of a source and a camera are of the day before when the last was deleted, folded %s', async (_, fold) => {
  await logs.addLogEntries([
    record({ source: 'door', camera_id: 7, timestamp: OLD, message: 'stays' }),
    record({ source: 'door', camera_id: 7, timestamp: NEW, message: 'goes' }),
    record({ source: 'gate', camera_id: 8, timestamp: NEW, message: 'stays too' }),
  ])
  await fold()
  expect(await logs.deleteMatching({ ...EVERYTHING, search: 'goes' })).toBe(1)
  const sources = await logs.getLogSources(EVERYTHING)
  expect(sources.map(({ source, last_log_at }) => [source, last_log_at])).toEqual([
    ['door', OLD],
    ['gate', NEW],
  ])
  const lines = await logs.read(newestByCamera, EVERYTHING, undefined, [7, 8])
  expect([...lines].map(([camera, { message }]) => [camera, message]).sort()).toEqual([
    [7, 'stays'],
    [8, 'stays too'],
  ])
})
