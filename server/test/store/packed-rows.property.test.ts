import { LEVELS, type LogRecord } from '@timelapser/logger'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createCamera, deleteCamera } from '../../src/store/cameras/cameras.ts'
import { Feed } from '../../src/store/feed/feed.ts'
import type { LogFilter } from '../../src/store/filter/log-filter.ts'
import { LogOperations } from '../../src/store/log-operations.ts'
import { packPartition } from '../../src/store/partitions/pack-partition.ts'
import { verifyCounts } from '../../src/store/partitions/verify-counts.ts'
import { scrubRows } from '../../src/store/removal/scrub.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { searchedRecords, searches } from './search-model.ts'

const EVERYTHING: LogFilter = { visibility: { cameras: null } }
const START = Date.parse('2026-04-10T12:00:00Z')
const HOUR = 3_600_000

const times = fc.integer({ min: 0, max: 72 * HOUR }).map((offset) => new Date(START + offset).toISOString())
const cameras = fc.integer({ min: 1, max: 3 })
const some = <T>(values: fc.Arbitrary<T>) => fc.uniqueArray(values, { minLength: 1, maxLength: 2 })

const filters: fc.Arbitrary<LogFilter> = fc
  .record(
    {
      visibility: fc.record({ cameras: fc.option(fc.uniqueArray(cameras, { maxLength: 2 }), { freq: 1 }) }),
      levels: some(fc.constantFrom(...LEVELS)),
      exclude_sources: some(fc.constantFrom('api', 'camera_1')),
      sources: some(fc.constantFrom('api', 'worker', 'camera_2')),
      cameras: some(cameras),
      logger_names: some(fc.constantFrom('camera_worker', 'app.db')),
      request_id: fc.constantFrom('r1', 'r2', 'request-17'),
      search: fc.constantFrom('timeout', 'out RT', 'istanbul', 'straße', 'camera_w', 'nothing like it', '%'),
      q: searches,
      start: times,
      end: times,
    },
    { requiredKeys: ['visibility'] },
  )
  .filter(({ start, end }) => start === undefined || end === undefined || start <= end)

/** The same records in two databases; of one the rows are packed. */
type Side = { database: TestDatabase; logs: LogOperations; feed: Feed }

let plain: Side
let packed: Side

async function openSide(): Promise<Side> {
  const database = await createTestDatabase()
  const { pool } = database.database
  const logs = new LogOperations({ pool, settings: new SettingsStore(pool) })
  for (const id of [1, 2, 3]) await createCamera(pool, { id, name: `Camera ${id}` })
  return { database, logs, feed: new Feed(pool, logs.partitions, () => logs.deletedCameras()) }
}

const both = <T>(work: (side: Side) => Promise<T>) => Promise.all([work(plain), work(packed)])

async function pack({ database, logs }: Side, blockRows = 100): Promise<number> {
  const { pool } = database.database
  await pool.query('update log_partitions set closed_at = now()')
  let rows = 0
  logs.partitions.reload()
  for (const partition of await logs.partitions.list())
    rows += await packPartition(pool, partition, { blockRows })
  return rows
}

async function add(records: readonly LogRecord[]): Promise<void> {
  const [a, b] = await both(({ logs }) => logs.addLogEntries(records))
  expect(a.first_id).toBe(b.first_id)
}

const special = (index: number): Partial<LogRecord> =>
  [
    { message: `a line with its own separator \u001e ${index}` },
    { message: `${'long '.repeat(14_000)}${index}` },
    { message: '' },
    { extra_data: { request_id: 'request-17', n: 3, big: { deep: [null, { x: 'C:\\dir "q"' }] } } },
    { timestamp: '2026-04-11T00:00:00Z' },
    { timestamp: '2026-04-10T23:59:59.999999Z' },
    { timestamp: '2026-04-11T05:00:00.000001Z' },
  ][index % 7] as Partial<LogRecord>

beforeAll(async () => {
  plain = await openSide()
  packed = await openSide()
  const records = fc.sample(searchedRecords, { numRuns: 1200, seed: 11 })
  await add(records.map((record, index) => (index % 9 === 0 ? { ...record, ...special(index / 9) } : record)))
  expect(await pack(packed)).toBeGreaterThan(1000)
})

afterAll(async () => {
  for (const { logs, database } of [plain, packed]) {
    await logs.close()
    await database.close()
  }
})

/** What each way out answers. */
async function answers({ logs, feed }: Side, filter: LogFilter, offset: number): Promise<unknown> {
  const page = await logs.getPage(filter, { offset, limit: 40 })
  const beyond = page.rows.at(-1) ?? { timestamp: '2026-04-11T18:00:00Z', id: 400 }
  const range = {
    ...filter,
    start: filter.start ?? '2026-04-10T00:00:00Z',
    end: filter.end ?? '2026-04-14T00:00:00Z',
  }
  const lines: string[] = []
  for (const order of ['newest', 'oldest'] as const) {
    const { chunks, total } = await logs.exportLogs(filter, {
      format: 'ndjson',
      fields: ['id', 'message', 'extra_data', 'source', 'level', 'timestamp'],
      order,
    })
    for await (const chunk of chunks) lines.push(chunk.lines)
    lines.push(`${total.total}`)
  }
  const scanned: unknown[] = []
  for await (const { messages } of logs.scanMessages(filter)) scanned.push(...messages)
  for await (const { lines: fields } of logs.scanFields(filter, ['a'])) scanned.push(...fields)
  const entries = await feed.entriesAfter(0)
  return {
    page,
    older: await logs.getLogs(filter, { beyond, order: 'newest', limit: 30 }),
    newer: await logs.getLogs(filter, { beyond, order: 'oldest', limit: 30 }),
    count: await logs.countLogs(filter),
    summary: await logs.getLogSummary(undefined, filter),
    sources: await logs.listLogSources(filter),
    finely: sorted(await logs.getHistogram(range, START, 7000)),
    coarsely: sorted(await logs.getHistogram(range, START, HOUR)),
    facets: [
      await logs.getFacet(filter, 'level'),
      await logs.getFacet(filter, 'source'),
      await logs.getFacet(filter, 'camera_id'),
    ],
    loggers: sorted((await logs.countLoggers(filter)).counts),
    last: sorted([...(await logs.getLastLines(filter, [1, 2, 3]))]),
    lines: lines.join(''),
    scanned,
    preview: await logs.previewMatching(filter),
    live: await feed.rowsOf(entries.slice(0, 1), filter, { after: offset }),
    one: await logs.getLog(beyond.id, filter),
  }
}

function sorted<T>(rows: readonly T[]): T[] {
  return rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

async function compare(runs: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(filters, fc.integer({ min: 0, max: 300 }), async (filter, offset) => {
      const [expected, found] = await both((side) => answers(side, filter, offset))
      expect(found).toEqual(expected)
    }),
    {
      numRuns: runs,
      endOnFailure: true,
      examples: [
        [EVERYTHING, 0],
        [EVERYTHING, 777],
      ],
    },
  )
}

it('answers every question as plain rows do', () => compare(60))

it('answers so with rows that came late, and once those are packed too', async () => {
  const late = fc.sample(searchedRecords, { numRuns: 400, seed: 5 })
  await add(
    late.map((record, index) => (index % 2 ? { ...record, timestamp: '2026-04-11T05:00:00.5Z' } : record)),
  )
  await compare(20)
  expect(await pack(packed)).toBeGreaterThan(0)
  await compare(20)
})

it('deletes, masks and forgets in packed rows what it does in plain ones', async () => {
  const removal = {
    ...EVERYTHING,
    levels: ['DEBUG'] as const,
    search: 'timeout',
    start: '2026-04-11T00:00:00Z',
  }
  const [gone, goneToo] = await both(({ logs }) => logs.deleteMatching(removal))
  expect(goneToo).toBe(gone)
  expect(gone).toBeGreaterThan(0)
  await both(async ({ database, logs }) => {
    const { pool } = database.database
    const change = (record: LogRecord) =>
      record.message.includes('RTSP')
        ? { ...record, message: record.message.replace('RTSP', '[REDACTED]') }
        : record
    await scrubRows({ pool, partitions: logs.partitions }, { change, isDryRun: false })
    await deleteCamera(pool, 2)
    logs.reloadCameras()
    await logs.forgetDeletedCameras()
  })
  await compare(20)
  expect(await pack(packed)).toBeGreaterThan(0)
  const cutoffs = { general: '2026-04-10T18:00:00Z', levels: { INFO: '2026-04-12T00:00:00Z' }, sources: {} }
  const [kept, keptToo] = await both(({ logs }) => logs.applyRetention(cutoffs, 0))
  expect(keptToo.deleted_count).toBe(kept.deleted_count)
  await compare(20)
  await both(async ({ database, logs }) => {
    for (const partition of await logs.partitions.list()) {
      expect((await verifyCounts(database.database.pool, partition)).differences).toEqual([])
    }
  })
})

it('clears packed rows and brings them back with what came since', async () => {
  const [before] = await both(({ logs }) => logs.countLogs(EVERYTHING))
  await both(({ logs }) => logs.clearLogs())
  expect(await packed.logs.countLogs(EVERYTHING)).toEqual({ total: 0, is_exact: true })
  await add(fc.sample(searchedRecords, { numRuns: 300, seed: 21 }))
  expect(await pack(packed)).toBeGreaterThan(0)
  await compare(5)
  await both(({ logs }) => logs.undoClear())
  expect(await packed.logs.countLogs(EVERYTHING)).toEqual({ total: before.total + 300, is_exact: true })
  await compare(10)
})
