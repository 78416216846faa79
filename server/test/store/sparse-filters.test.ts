import { afterEach, beforeEach, expect, it } from 'vitest'
import { foldCounts } from '../../src/store/counts/count-folding.ts'
import { type Database, openDatabase } from '../../src/store/database/open.ts'
import type { LogFilter } from '../../src/store/filter/log-filter.ts'
import { LogOperations } from '../../src/store/log-operations.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { record } from './some-records.ts'

const ERRORS_OF_ONE: LogFilter = { visibility: { cameras: null }, levels: ['ERROR'], cameras: [1] }
const TEN_HOURS_AGO = Date.now() - 10 * 3_600_000

let test: TestDatabase
let database: Database
let logs: LogOperations
const seen: string[] = []

/** Camera 1 with many lines and camera 2 with many errors, over the same hours. */
beforeEach(async () => {
  test = await createTestDatabase()
  database = await openDatabase({ connection: test.connection, onStatement: ({ name }) => seen.push(name) })
  logs = new LogOperations({ pool: database.pool, settings: new SettingsStore(database.pool) })
  const lines = Array.from({ length: 2000 }, (_, index) =>
    record({
      timestamp: new Date(TEN_HOURS_AGO + index * 10_000).toISOString(),
      camera_id: 1 + (index % 2),
      level: index % 2 === 0 ? 'INFO' : 'ERROR',
    }),
  )
  await logs.addLogEntries(lines)
})

afterEach(async () => {
  await logs.close()
  await database.close()
  await test.close()
})

it('a level that a camera never had costs no look at its rows, folded or not', async () => {
  for (const fold of [false, true]) {
    if (fold) await foldCounts(database.pool)
    seen.length = 0
    expect(await logs.getLogs(ERRORS_OF_ONE, { offset: 0, limit: 100 })).toEqual([])
    expect(seen.filter((name) => name === 'read_rows')).toEqual([])
  }
})

it('one line among them is found, before and after its counts are folded', async () => {
  const timestamp = new Date(TEN_HOURS_AGO + 5 * 3_600_000).toISOString()
  await logs.addLogEntries([record({ timestamp, camera_id: 1, level: 'ERROR', message: 'the one' })])
  for (const fold of [false, true]) {
    if (fold) await foldCounts(database.pool)
    const found = await logs.getLogs(ERRORS_OF_ONE, { offset: 0, limit: 100 })
    expect(found.map(({ message }) => message)).toEqual(['the one'])
  }
})
