// Masking of lines so long that a pattern takes a good part of a second with each.
import { type LogRecord, RECORD_LIMITS } from '@timelapser/logger'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { LogOperations } from '../../src/store/log-operations.ts'
import { scrubRows } from '../../src/store/removal/scrub.ts'
import { RedactionPatterns } from '../../src/store/settings/redaction-patterns.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { Admission } from '../../src/store/writing/admission.ts'
import { CameraRegister } from '../../src/store/writing/registers.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

/** The slowest there is with words that never end. */
const PATTERN = '[\\w.]+@[\\w.]+'

let database: TestDatabase
let settings: SettingsStore
let logs: LogOperations

beforeAll(async () => {
  database = await createTestDatabase()
  const { pool } = database.database
  settings = new SettingsStore(pool)
  logs = new LogOperations({ pool, settings })
})

afterAll(async () => {
  await logs.close()
  await database.close()
})

const lines = (count: number, characters: number) =>
  Array.from({ length: count }, (): LogRecord => {
    const timestamp = new Date().toISOString()
    const message = 'x'.repeat(characters)
    return { timestamp, level: 'INFO', source: 'api', message, ...NOTHING }
  })
const NOTHING = { logger_name: null, camera_id: null, extra_data: null }

/** How often others had their turn while it was done. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0
  let isDone = false
  const turn = () => {
    turns++
    if (!isDone) setImmediate(turn)
  }
  setImmediate(turn)
  await work()
  isDone = true
  return turns
}

it('lets others have their turn between lines that come in', async () => {
  await settings.update({ redaction: [PATTERN] })
  const { pool } = database.database
  const cameras = new CameraRegister({ pool, isRegistrationOn: async () => false })
  const admission = new Admission({ settings, cameras })
  await admission.admit([], false)
  const records = lines(60, RECORD_LIMITS.messageBytes)
  expect(await turnsDuring(() => admission.admit(records, false))).toBeGreaterThanOrEqual(5)
  await settings.update({ redaction: [] })
  expect((await admission.admit(records, false)).records).toEqual(records)
})

it('takes few long lines at a time of those that are stored, each once', async () => {
  await logs.addLogEntries(lines(40, RECORD_LIMITS.messageBytes))
  await logs.addLogEntries(lines(40, 100))
  const store = { pool: database.database.pool, partitions: logs.partitions }
  const pattern = RedactionPatterns.ofNew('x{4}')
  const scanned: number[] = []
  const result = await scrubRows(store, {
    change: (record) => pattern.mask(record),
    isDryRun: false,
    onProgress: ({ scanned_rows }) => scanned.push(scanned_rows),
  })
  expect(result).toMatchObject({ scanned_rows: 80, matched_rows: 80 })
  // Eight megabytes are 32 of the longest.
  expect(scanned[0]).toBe(72)
  expect(scanned.at(-1)).toBe(80)
  const { total } = await logs.countLogs({ visibility: { cameras: null }, search: 'xxxx' })
  expect(total).toBe(0)
})
