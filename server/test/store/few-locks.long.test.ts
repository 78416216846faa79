// A PostgreSQL with as many locks for a transaction as it has by default, on fewer connections than by default: its table
// of locks is full at some 4,000.
import { randomUUID } from 'node:crypto'
import type { LogRecord } from '@timelapser/logger'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { foldCounts } from '../../src/store/counts/count-folding.ts'
import { migrate } from '../../src/store/database/migrate.ts'
import { type Database, openDatabase } from '../../src/store/database/open.ts'
import { inTransaction } from '../../src/store/database/transaction.ts'
import { LogOperations } from '../../src/store/log-operations.ts'
import { createPartition } from '../../src/store/partitions/partition-tables.ts'
import { verifyCounts } from '../../src/store/partitions/verify-counts.ts'
import { scrubRows } from '../../src/store/removal/scrub.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { forgetParts } from '../../src/store/writing/senders.ts'
import { createTestDatabase } from '../support/database.ts'
import { type OwnServer, startOwnServer } from '../support/own-server.ts'
import { DAY, record } from './some-records.ts'

const DAYS = 1000
const AT_ONCE = 20
const EVERYTHING = { visibility: { cameras: null } }

let server: OwnServer
let database: Database
let logs: LogOperations
const today = Math.floor(Date.now() / DAY) * DAY
const iso = (millis: number) => new Date(millis).toISOString()

beforeAll(async () => {
  server = await startOwnServer({ max_locks_per_transaction: '64', max_connections: '30' })
  database = await openDatabase({ connection: server.postgres.connection })
  await migrate(database)
  const { pool } = database
  await makeDays(DAYS)
  logs = new LogOperations({ pool, settings: new SettingsStore(pool) })
})

afterAll(async () => {
  await logs.close()
  await database.close()
  await server.close()
})

/** A partition for each of `days` days. */
async function makeDays(days: number): Promise<void> {
  for (let day = 1; day <= days; day += AT_ONCE) {
    await inTransaction(database.pool, async (client) => {
      for (let back = day; back < day + AT_ONCE; back++) {
        const lower = today - back * DAY
        await createPartition(client, { lower: iso(lower), upper: iso(lower + DAY) }, ['filter'])
      }
    })
  }
}

/** One row of each day, newest first. */
const everyDay = (name: string) =>
  Array.from({ length: DAYS }, (_, index) =>
    record({ timestamp: iso(today - (index + 1) * DAY + 1), message: `${name} ${index}`, source: name }),
  )

/** One by one: a statement on all of them needs more locks than there are. */
async function expectExactPartitions(): Promise<void> {
  for (const partition of await logs.partitions.list()) {
    expect((await verifyCounts(database.pool, partition)).differences).toEqual([])
  }
}

const countOf = async (source: string) => (await logs.countLogs({ ...EVERYTHING, sources: [source] })).total

it('has too few for a transaction that writes to every partition', async () => {
  const text = `insert into logs (id, timestamp, level, source, message)
    select -day, $1::timestamptz - day * interval '1 day', 'INFO', 'worker', 'x'
    from generate_series(1, ${DAYS}) day`
  await expect(
    inTransaction(database.pool, (client) => client.query(text, [iso(today)])),
  ).rejects.toMatchObject({ code: '53200' })
})

it('takes a batch that reaches into every partition, several at once', async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  const results = await Promise.all(names.map((name) => logs.addLogEntries(everyDay(name))))
  for (const result of results)
    expect(result).toMatchObject({ accepted: DAYS, rejected: [], repeated: false })
  for (const name of names) expect(await countOf(name)).toBe(DAYS)
  await foldCounts(database.pool)
  await expectExactPartitions()
})

it('takes batches of one row each that together reach into every partition', async () => {
  await Promise.all(everyDay('single').map((row) => logs.addLogEntries([row])))
  expect(await countOf('single')).toBe(DAYS)
})

it('stores a batch of a sender once, however often it comes, and tells the records that were refused', async () => {
  const mark = { sender: randomUUID(), batch: 1 }
  const batch = everyDay('once')
  for (const index of [3, 400])
    batch[index] = { ...batch[index], level: 'LOUD' } as unknown as (typeof batch)[0]
  const first = await logs.addLogEntries(batch, mark)
  expect(first).toMatchObject({ accepted: DAYS - 2, repeated: false })
  expect(first.rejected.map(({ index }) => index)).toEqual([3, 400])
  const again = await Promise.all([logs.addLogEntries(batch, mark), logs.addLogEntries(batch, mark)])
  for (const repeat of again) expect(repeat).toEqual({ ...first, rejected: [], repeated: true })
  // The same content, but not the same batch.
  expect(await logs.addLogEntries(batch, { ...mark, batch: 2 })).toMatchObject({ repeated: false })
  expect(await countOf('once')).toBe(2 * (DAYS - 2))
})

it('stores of a batch that failed midway what was not stored when it comes again', async () => {
  const mark = { sender: randomUUID(), batch: 1 }
  const batch = everyDay('midway')
  const { pool } = database
  const { rows } = await pool.query<{ name: string }>(
    'select name from log_partitions order by lower limit 1',
  )
  const holder = await pool.connect()
  const waiting = async () =>
    (
      await pool.query<{ pid: number }>(
        `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
        and backend_type = 'client backend'`,
      )
    ).rows
  try {
    // The last partition is somebody else's for a while, so the parts before are stored and the last is not.
    await holder.query(`begin; lock table ${rows[0]?.name} in access exclusive mode`)
    const lost = logs.addLogEntries(batch, mark)
    lost.catch(() => undefined)
    await expect.poll(async () => (await waiting()).length).toBe(1)
    await expect.poll(() => countOf('midway')).toBeGreaterThan(DAYS / 2)
    await pool.query('select pg_terminate_backend($1)', [(await waiting())[0]?.pid])
    await expect(lost).rejects.toThrow()
  } finally {
    await holder.query('rollback')
    holder.release()
  }
  expect(await countOf('midway')).toBeLessThan(DAYS)
  expect(await logs.addLogEntries(batch, mark)).toMatchObject({ accepted: DAYS, repeated: false })
  expect(await countOf('midway')).toBe(DAYS)
})

it('cuts a batch where it did before, whatever partitions were made meanwhile', async () => {
  // With fewer partitions: beyond a thousand of them old days share a century.
  const few = await createTestDatabase()
  const { pool } = few.database
  const logs = new LogOperations({ pool, settings: new SettingsStore(pool) })
  onTestFinished(async () => {
    await logs.close()
    await few.close()
  })
  const countOf = async (source: string) => (await logs.countLogs({ ...EVERYTHING, sources: [source] })).total
  const mark = { sender: randomUUID(), batch: 1 }
  // Years ago partitions are months, so a hundred days are four of them once these are there.
  const from = today - 4_000 * DAY
  const batch = Array.from({ length: 100 }, (_, index) =>
    record({ timestamp: iso(from + index * DAY), message: `years ago ${index}`, source: 'years' }),
  )
  await logs.addLogEntries([record({ timestamp: iso(from + 99 * DAY), source: 'first' })])
  const last = await logs.partitions.holding(iso(from + 99 * DAY))
  const holder = await pool.connect()
  const waiting = () =>
    pool.query<{ pid: number }>(
      `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
        and backend_type = 'client backend'`,
    )
  try {
    await holder.query(`begin; lock table ${last?.name} in access exclusive mode`)
    const lost = logs.addLogEntries(batch, mark)
    lost.catch(() => undefined)
    await expect.poll(async () => (await waiting()).rowCount).toBe(1)
    await expect.poll(() => countOf('years')).toBe(64)
    await pool.query('select pg_terminate_backend($1)', [(await waiting()).rows[0]?.pid])
    await expect(lost).rejects.toThrow()
  } finally {
    await holder.query('rollback')
    holder.release()
  }
  expect(await logs.addLogEntries(batch, mark)).toMatchObject({ accepted: 100 })
  expect(await countOf('years')).toBe(100)
})

it('forgets the parts of batches a month later, and batches themselves never', async () => {
  const marks = async () =>
    (await database.pool.query<{ part: boolean }>('select distinct last_batch = -1 as part from senders'))
      .rows
  const mark = { sender: randomUUID(), batch: 1 }
  await logs.addLogEntries([record({ source: 'whole' })], mark)
  await logs.addLogEntries(everyDay('parts'), { ...mark, batch: 2 })
  await database.pool.query(`update senders set updated_at = now() - interval '29 days'`)
  await forgetParts(database.pool)
  expect(await marks()).toHaveLength(2)
  await database.pool.query(`update senders set updated_at = now() - interval '31 days'`)
  await forgetParts(database.pool)
  expect(await marks()).toEqual([{ part: false }])
})

it('is scrubbed row by row', async () => {
  const change = (row: LogRecord) =>
    row.source === 'a' ? { ...row, message: row.message.replace(/^a /, 'scrubbed ') } : row
  const { matched_rows } = await scrubRows(
    { pool: database.pool, partitions: logs.partitions },
    { change, isDryRun: false },
  )
  expect(matched_rows).toBe(DAYS)
  expect(await logs.countLogs({ ...EVERYTHING, search: 'scrubbed ' })).toEqual({
    total: DAYS,
    is_exact: true,
  })
})

it('is cleared, restored with what was written since, and cleared for good', async () => {
  const before = (await logs.countLogs(EVERYTHING)).total
  expect((await logs.clearLogs()).rows).toBe(before)
  // Rows written since go to as many partitions when they take their place again.
  const since = await Promise.all(['x', 'y', 'z'].map((name) => logs.addLogEntries(everyDay(name))))
  expect(since.map(({ accepted }) => accepted)).toEqual([DAYS, DAYS, DAYS])
  expect((await logs.undoClear())?.rows).toBe(before)
  expect((await logs.countLogs(EVERYTHING)).total).toBe(before + 3 * DAYS)
  expect((await logs.clearLogs()).rows).toBe(before + 3 * DAYS)
  expect(await logs.dropCleared(0)).toBe(1)
  await expectExactPartitions()
})

it('is restored when most partitions were made since it was cleared', async () => {
  await logs.addLogEntries([record({ source: 'before' })])
  expect((await logs.clearLogs()).rows).toBe(1)
  await makeDays(DAYS / 2)
  logs.partitions.reload()
  await logs.addLogEntries(everyDay('since'))
  expect((await logs.undoClear())?.rows).toBe(1)
  expect((await logs.countLogs(EVERYTHING)).total).toBe(1 + DAYS)
  expect((await logs.partitions.list()).length).toBeGreaterThan(DAYS / 2)
  expect(await logs.dropCleared(0)).toBe(0)
  await expectExactPartitions()
})
