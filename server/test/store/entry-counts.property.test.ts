import type { LogRecord } from '@timelapser/logger'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { CommittedEntry } from '../../src/store/alerts/alert-position.ts'
import { entriesAfter } from '../../src/store/alerts/alert-position.ts'
import { countEntries, countRows } from '../../src/store/alerts/entry-counts.ts'
import { Feed } from '../../src/store/feed/feed.ts'
import { LogOperations } from '../../src/store/log-operations.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { MAX_COUNTED_LINES } from '../../src/store/writing/store-batches.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { records } from './arbitraries.ts'
import { record } from './some-records.ts'

let test: TestDatabase
let logs: LogOperations
let feed: Feed

beforeAll(async () => {
  test = await createTestDatabase()
  const { pool } = test.database
  logs = new LogOperations({ pool, settings: new SettingsStore(pool) })
  feed = new Feed(pool, logs.partitions)
  await pool.query(`
    insert into alert_rules (owner, owner_name, name, rule, begins_after, begun_at)
    values ('user:1', 'ann', 'any', '{}', 0, now())`)
})

afterAll(async () => {
  await logs.close()
  await test.close()
})

/** The entries after one, with their counts as they were kept and as the rows say. */
async function countsAfter(after: number) {
  const client = await test.database.pool.connect()
  try {
    const entries = await entriesAfter(client, after, 1_000_000)
    await client.query('begin')
    const counted = sorted(await countRows(client, feed, entries))
    const kept = sorted(await countEntries(client, feed, entries))
    return { entries, counted, kept, isKept: await keptEntries(entries) }
  } finally {
    await client.query('rollback')
    client.release()
  }
}

async function keptEntries(entries: readonly CommittedEntry[]): Promise<number> {
  const { rows } = await test.database.pool.query<{ kept: number }>(
    'select count(*)::integer as kept from log_feed_counts where feed_id = any ($1)',
    [entries.map(({ id }) => id)],
  )
  return rows[0]?.kept ?? 0
}

const sorted = (counts: readonly object[]) =>
  counts.map((count) => JSON.stringify(Object.entries(count).sort())).sort()

const head = () => feed.head()

const names = fc.constantFrom(null, 'app', 'timelapser_logs.jobs', 'timelapser_logsX', 'timelapser.diagnose')
const lines: fc.Arbitrary<LogRecord> = fc
  .record({
    line: records,
    logger_name: names,
    source: fc.constantFrom('api', 'a "b\\', 'ä, {x}', 'camera_1'),
  })
  .map(({ line, ...names }) => ({ ...line, ...names }))

it('the counts that are kept with an entry are those of its rows', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(lines, { minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 3 }),
      async (batches) => {
        const before = await head()
        for (const batch of batches) await logs.addLogEntries(batch)
        const { entries, counted, kept, isKept } = await countsAfter(before)
        expect(kept).toEqual(counted)
        expect(isKept).toBe(entries.length)
      },
    ),
    { numRuns: 60 },
  )
})

it('lines that are deleted before the rules are evaluated are counted all the same', async () => {
  const before = await head()
  await logs.addLogEntries([record({ source: 'gone' }), record({ source: 'gone' })])
  await test.database.pool.query(`delete from logs where source = 'gone'`)
  const { counted, kept } = await countsAfter(before)
  expect([counted.length, kept.length]).toEqual([0, 1])
  expect(kept[0]).toContain('["rows",2]')
})

it('an entry whose lines differ too much to be kept is counted from its rows', async () => {
  const before = await head()
  await logs.addLogEntries(
    Array.from({ length: MAX_COUNTED_LINES + 1 }, (_, index) => record({ source: `source ${index}` })),
  )
  const { counted, kept, isKept } = await countsAfter(before)
  expect([isKept, kept.length]).toEqual([0, MAX_COUNTED_LINES + 1])
  expect(kept).toEqual(counted)
})

it('counts are kept only while there are rules, and not of imports', async () => {
  const before = await head()
  await logs.intake.take([record({})], { isLive: false, isImport: true })
  await test.database.pool.query('update alert_rules set enabled = false')
  await logs.addLogEntries([record({})])
  const { entries, isKept } = await countsAfter(before)
  expect([entries.length, isKept]).toEqual([2, 0])
})
