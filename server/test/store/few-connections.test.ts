// A process beside the server has three connections, which may be as many as transactions it stores rows by at once.
import { randomUUID } from 'node:crypto'
import type { LogRecord } from '@timelapser/logger'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/store/database/open.ts'
import { LogOperations } from '../../src/store/log-operations.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let whole: TestDatabase
let small: Database
let logs: LogOperations

beforeEach(async () => {
  whole = await createTestDatabase()
  small = await openDatabase({ connection: whole.connection, maxConnections: 2 })
  logs = new LogOperations({ pool: small.pool, settings: new SettingsStore(small.pool) })
})

afterEach(async () => {
  await logs.close()
  await small.close()
  await whole.close()
})

const record = (message: string): LogRecord => ({
  ...{ timestamp: new Date().toISOString(), level: 'INFO', source: 'worker', message },
  ...{ logger_name: null, camera_id: null, extra_data: null },
})

it('stores all of a burst, more ids than a block has', async () => {
  const batches = Array.from({ length: 100 }, (_, batch) => {
    const records = Array.from({ length: 400 }, (_, index) => record(`line ${batch} ${index}`))
    // Every other one of somebody who numbers them.
    return logs.addLogEntries(records, batch % 2 === 0 ? { sender: randomUUID(), batch: 1 } : undefined)
  })
  const results = await Promise.all(batches)
  expect(results.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(40_000)
  expect((await logs.countLogs({ visibility: { cameras: null } })).total).toBe(40_000)
})
