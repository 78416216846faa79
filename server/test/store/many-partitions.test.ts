import { Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeBackup } from '../../src/store/backup/backup.ts'
import { foldCounts } from '../../src/store/counts/count-folding.ts'
import { inTransaction } from '../../src/store/database/exclusive-access.ts'
import { LogOperations } from '../../src/store/log-operations.ts'
import { createPartition } from '../../src/store/partitions/partition-tables.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { DAY, record } from './some-records.ts'
import { expectExactCounts } from './stored-counts.ts'

const DAYS = 1500
const AT_ONCE = 50
const EVERYTHING = { visibility: { cameras: null } }
/** Far above what any of them takes, far below what reading every partition in one statement takes. */
const SOON_MS = 5000

let database: TestDatabase
let pool: TestDatabase['database']['pool']
let logs: LogOperations
const today = Math.floor(Date.now() / DAY) * DAY
const iso = (millis: number) => new Date(millis).toISOString()

/** Four years of days, a row of camera 1 in each and one of camera 2 in the oldest alone. */
beforeAll(async () => {
  database = await createTestDatabase()
  pool = database.database.pool
  for (let day = 1; day <= DAYS; day += AT_ONCE) {
    await inTransaction(pool, async (client) => {
      for (let back = day; back < day + AT_ONCE; back++) {
        const lower = today - back * DAY
        await createPartition(client, { lower: iso(lower), upper: iso(lower + DAY) }, ['filter'])
      }
    })
  }
  logs = new LogOperations({ pool, settings: new SettingsStore(pool) })
  for (let day = 1; day <= DAYS; day += AT_ONCE) {
    const records = Array.from({ length: AT_ONCE }, (_, index) =>
      record({ timestamp: iso(today - (day + index) * DAY + 1), camera_id: 1, source: 'camera_1' }),
    )
    await logs.addLogEntries(records)
  }
  await logs.addLogEntries([
    record({ timestamp: iso(today - DAYS * DAY), camera_id: 2, source: 'camera_2', message: 'the needle' }),
  ])
  await foldCounts(pool)
}, 120_000)

afterAll(async () => {
  await logs.close()
  await database.close()
})

async function soon<T>(work: () => Promise<T>): Promise<T> {
  const began = performance.now()
  const result = await work()
  expect(performance.now() - began).toBeLessThan(SOON_MS)
  return result
}

/** In the order written: the last one takes everything away. */
describe('a table with 1,500 partitions', () => {
  it('is in a backup whole, which takes few locks', async () => {
    let bytes = 0
    const output = new Writable({
      write(chunk: Buffer, _encoding, done) {
        bytes += chunk.length
        done()
      },
    })
    const { partitions, rows } = await writeBackup(pool, output)
    expect({ partitions, logs: rows.logs }).toEqual({ partitions: DAYS, logs: DAYS + 1 })
    expect(bytes).toBeGreaterThan(DAYS * 100)
  })

  it('answers the usual questions as soon as any other', async () => {
    expect(await soon(() => logs.getLogs(EVERYTHING, { offset: 0, limit: 100 }))).toHaveLength(100)
    expect(await soon(() => logs.getLogs(EVERYTHING, { offset: 1490, limit: 100 }))).toHaveLength(11)
    const oldest = await soon(() => logs.getLogs({ ...EVERYTHING, cameras: [2] }, { offset: 0, limit: 100 }))
    expect(oldest.map(({ message }) => message)).toEqual(['the needle'])
    expect(await soon(() => logs.countLogs(EVERYTHING))).toEqual({ total: DAYS + 1, is_exact: true })
    const summary = await soon(() => logs.getLogSummary(undefined, EVERYTHING))
    expect(summary).toMatchObject({ total_logs: DAYS + 1, unique_cameras: 2 })
    expect(summary.first_log_at).toBe(oldest[0]?.timestamp)
    const sources = await soon(() => logs.getLogSources(EVERYTHING))
    expect(sources.map(({ log_count }) => log_count)).toEqual([DAYS, 1])
  })

  it('is searched to its end', async () => {
    const filter = { ...EVERYTHING, search: 'needle' }
    expect(await logs.getLogs(filter, { offset: 0, limit: 10 })).toHaveLength(1)
    expect(await logs.countLogs(filter)).toEqual({ total: 1, is_exact: true })
  })

  it('takes a batch that reaches into every one of them', async () => {
    const everyDay = Array.from({ length: DAYS }, (_, index) =>
      record({ timestamp: iso(today - (1 + index) * DAY + 2) }),
    )
    expect(await logs.addLogEntries(everyDay)).toMatchObject({ accepted: DAYS, rejected: [] })
    await logs.deleteMatching({ ...EVERYTHING, sources: ['worker'] })
    expect(await logs.countLogs(EVERYTHING)).toEqual({ total: DAYS + 1, is_exact: true })
  }, 60_000)

  it('is cleared, restored, and cleared for good', async () => {
    expect((await soon(() => logs.clearLogs())).rows).toBe(DAYS + 1)
    expect(await logs.getLogs(EVERYTHING, { offset: 0, limit: 1 })).toEqual([])
    expect((await logs.undoClear())?.rows).toBe(DAYS + 1)
    expect(await logs.getLogs(EVERYTHING, { offset: 1490, limit: 100 })).toHaveLength(11)
    expect((await logs.clearLogs()).rows).toBe(DAYS + 1)
    expect(await logs.dropCleared(0)).toBe(1)
    const { rows } = await pool.query<{ left: number }>(
      `select count(*) as left from pg_class where relname ~ '^logs_[0-9]{8}_' and relkind = 'r'`,
    )
    expect(rows[0]?.left).toBe(0)
    await expectExactCounts(pool)
  }, 60_000)
})
