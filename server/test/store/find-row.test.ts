import { afterEach, beforeEach, expect, it } from 'vitest'
import { trimFeed } from '../../src/store/feed/feed-trimming.ts'
import { LogOperations } from '../../src/store/log-operations.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { DAY, HOUR, record } from './some-records.ts'

const EVERYTHING = { visibility: { cameras: null } }

let database: TestDatabase
let pool: TestDatabase['database']['pool']
let servers: LogOperations[]

beforeEach(async () => {
  database = await createTestDatabase()
  pool = database.database.pool
  servers = [1, 2, 3].map(() => new LogOperations({ pool, settings: new SettingsStore(pool) }))
})

afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()))
  await database.close()
})

const iso = (millis: number) => new Date(millis).toISOString()

/** The writes of each server in turn: live rows, imports of other times, batches of one row and of many. */
async function write(rounds: number): Promise<Map<number, string>> {
  const now = Date.now()
  const expected = new Map<number, string>()
  await Promise.all(
    servers.map(async (server, index) => {
      for (let round = 0; round < rounds; round++) {
        const size = round % 7 === 3 ? 40 : 1 + (round % 4)
        const at = round % 3 === 0 ? now : now - ((round * 7 + index) % 60) * DAY - (round % 5) * HOUR
        const records = Array.from({ length: size }, (_, number) =>
          record({ timestamp: iso(at - number * 1000), message: `${index} ${round} ${number}` }),
        )
        const { first_id } = await server.addLogEntries(records)
        for (const [offset, { message }] of records.entries()) expected.set((first_id ?? 0) + offset, message)
      }
    }),
  )
  return expected
}

async function expectFound(expected: ReadonlyMap<number, string>): Promise<void> {
  const [server] = servers as [LogOperations]
  for (const [id, message] of expected) {
    expect((await server.getLog(id, EVERYTHING))?.message, `id ${id}`).toBe(message)
  }
}

it('finds every row by its id, before and after the feed forgets its batch', async () => {
  const expected = await write(15)
  await expectFound(expected)
  // One batch in three leaves, then the others: those between belong to other ranges by then.
  await pool.query(`update log_feed set created_at = now() - interval '2 days' where id % 3 = 0`)
  expect(await trimFeed(pool)).toBeGreaterThan(0)
  await expectFound(expected)
  await pool.query(`update log_feed set created_at = now() - interval '2 days'`)
  await trimFeed(pool)
  for (const [id, message] of await write(6)) expected.set(id, message)
  await expectFound(expected)
  expect(await servers[0]?.getLog(5_000_000, EVERYTHING)).toBeUndefined()
})

it('folds the small batches of an hour into one range, and no two ranges overlap', async () => {
  const [server] = servers as [LogOperations]
  const noon = Math.floor(Date.now() / DAY) * DAY - DAY + 12 * HOUR
  for (let index = 0; index < 100; index++) {
    await server.addLogEntries([record({ timestamp: iso(noon + index * 1000) })])
  }
  await write(20)
  await pool.query(`update log_feed set created_at = now() - interval '2 days'`)
  expect(await trimFeed(pool)).toBe(160)
  const { rows } = await pool.query<{ first_id: number; last_id: number }>(
    'select first_id, last_id from log_id_ranges order by first_id',
  )
  expect(rows.length).toBeLessThan(70)
  expect(rows[0]).toEqual({ first_id: 1, last_id: 100 })
  for (const [index, { first_id }] of rows.entries()) {
    expect(first_id).toBeGreaterThan(rows[index - 1]?.last_id ?? 0)
  }
})

it('forgets where ids were that are older than every partition', async () => {
  const [server] = servers as [LogOperations]
  const { first_id } = await server.addLogEntries([record({})])
  await pool.query(
    `insert into log_id_ranges (first_id, last_id, first_timestamp, last_timestamp)
    values (900000, 900001, '2019-01-01', '2019-01-02')`,
  )
  await pool.query(`update log_feed set created_at = now() - interval '2 days'`)
  await trimFeed(pool)
  const { rows } = await pool.query<{ first_id: number }>('select first_id from log_id_ranges')
  expect(rows).toEqual([{ first_id }])
})
