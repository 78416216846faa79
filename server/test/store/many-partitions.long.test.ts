import { Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeBackup } from '../../src/store/backup/backup.ts'
import { LogOperations } from '../../src/store/log-operations.ts'
import { MAX_PARTITIONS_A_STATEMENT } from '../../src/store/partitions/partitions.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { openEvents } from '../support/event-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { TouchedPartitions } from '../support/touched-partitions.ts'
import { DAYS, ERRORS, fillFourYears, iso } from './four-years.ts'
import { DAY, record } from './some-records.ts'
import { expectExactCounts } from './stored-counts.ts'

const EVERYTHING = { visibility: { cameras: null } }

let database: TestDatabase
let pool: TestDatabase['database']['pool']
let logs: LogOperations
const today = Math.floor(Date.now() / DAY) * DAY

beforeAll(async () => {
  database = await createTestDatabase()
  pool = database.database.pool
  logs = new LogOperations({ pool, settings: new SettingsStore(pool) })
  await fillFourYears(pool, logs, today)
})

afterAll(async () => {
  await logs.close()
  await database.close()
})

describe('a server on a table with 1,500 partitions', () => {
  let server: TestServer
  let touched: TouchedPartitions
  const data = async (path: string) => {
    const { status, body } = await server.get(path)
    expect(status).toBe(200)
    return body.data
  }
  const range = `start_date=${iso(today - DAYS * DAY + 1)}&end_date=${iso(today - DAY + 1)}`
  const daysOf = (logs: { timestamp: string }[]) =>
    logs.map(({ timestamp }) => Math.ceil((today - Date.parse(timestamp)) / DAY))
  const valuesOf = (values: { value: unknown; count: number }[]) =>
    Object.fromEntries(values.map(({ value, count }) => [value, count]))
  const summed = (buckets: Record<string, number>[], level: string) =>
    buckets.reduce((sum, bucket) => sum + (bucket[level] ?? 0), 0)

  beforeAll(async () => {
    touched = new TouchedPartitions(pool)
    server = await startTestServer({ database })
  })
  afterAll(() => server.close())

  it('is watched closely enough to see a statement that touches all of them', async () => {
    const counting = () => pool.query('/* all */ select count(*) from logs')
    const statements = await touched.during(async () => void (await counting()))
    // The server asks something of its own meanwhile.
    const all = statements.find(({ name }) => name === 'all')
    expect(all?.partitions).toBeGreaterThanOrEqual(DAYS)
  })

  it.each<[string, () => Promise<void>]>([
    [
      'the newest page',
      async () => {
        const { logs, pagination } = await data('/api/logs')
        expect(daysOf(logs)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1))
        expect(pagination.total_items).toBe(DAYS + 1)
      },
    ],
    [
      'a page of one level and camera',
      async () => {
        const { logs, pagination } = await data('/api/logs?level=ERROR&camera_id=1&page=2')
        expect(daysOf(logs)).toEqual(Array.from({ length: 100 }, (_, index) => (101 + index) * 7))
        expect(pagination.total_items).toBe(ERRORS)
      },
    ],
    [
      'a page of a camera that is silent since long',
      async () => {
        const { logs } = await data('/api/logs?level=INFO&camera_id=2')
        expect(logs.map(({ message }: { message: string }) => message)).toEqual(['the needle'])
      },
    ],
    [
      'a histogram of everything',
      async () => {
        const { buckets, total } = await data(
          `/api/logs/histogram?${range}&bucket_seconds=86400&timezone=UTC`,
        )
        // The needle lies a moment before the range.
        expect([total, buckets.length, summed(buckets, 'error')]).toEqual([DAYS, DAYS, ERRORS])
      },
    ],
    [
      'a histogram of a word',
      async () => {
        const asked = `${range}&bucket_seconds=86400&timezone=UTC&q=happened`
        const { buckets, total } = await data(`/api/logs/histogram?${asked}`)
        expect([total, summed(buckets, 'error')]).toEqual([DAYS, ERRORS])
      },
    ],
    [
      'facets',
      async () => {
        const { level, source, camera_id } = await data('/api/logs/facets?level=ERROR')
        expect(valuesOf(level)).toEqual({ ERROR: ERRORS, INFO: DAYS + 1 - ERRORS })
        expect([valuesOf(source), valuesOf(camera_id)]).toEqual([{ camera_1: ERRORS }, { 1: ERRORS }])
      },
    ],
    [
      'facets of a word',
      async () => {
        const { level, source, camera_id } = await data('/api/logs/facets?q=happened&level=ERROR')
        expect(valuesOf(level)).toEqual({ ERROR: ERRORS, INFO: DAYS - ERRORS })
        expect([valuesOf(source), valuesOf(camera_id)]).toEqual([{ camera_1: ERRORS }, { 1: ERRORS }])
      },
    ],
    [
      'a search to the end',
      async () => {
        const { logs, pagination } = await data('/api/logs?q=needle')
        expect(daysOf(logs)).toEqual([DAYS])
        expect(pagination).toMatchObject({ total_items: 1, total_is_exact: true, searched_to: null })
      },
    ],
    [
      'statistics, sources and cameras',
      async () => {
        const { summary } = await data(`/api/logs/stats?${range}`)
        expect([summary.total_logs, summary.error_count]).toEqual([DAYS, ERRORS])
        const { sources } = await data('/api/logs/sources')
        expect(sources.map(({ log_count }: { log_count: number }) => log_count)).toEqual([DAYS, 1])
        const { cameras } = await data('/api/cameras/activity?hours=168')
        expect(daysOf(cameras.map(({ last_log }: { last_log: unknown }) => last_log))).toEqual([1, DAYS])
      },
    ],
    [
      'one line by its id',
      async () => {
        const { logs } = await data('/api/logs?camera_id=2')
        expect((await data(`/api/logs/${logs[0].id}`)).log).toMatchObject({ message: 'the needle' })
      },
    ],
    [
      'what retention and a deletion would do',
      async () => {
        expect((await data('/api/logs/cleanup?days_to_keep=365')).would_delete).toBe(DAYS + 1 - 364)
        const preview = await server.send('POST', '/api/logs/delete/preview', {
          search: 'happened',
          start_date: iso(today - 40 * DAY),
        })
        expect(preview.body.data.rows).toBe(40)
      },
    ],
    [
      'a stream resumed at the very beginning, and what comes then',
      async () => {
        const headers = { authorization: `Bearer ${server.apiKey}` }
        const client = await openEvents(`${server.url}/api/logs/stream?last_event_id=0.*`, headers)
        const rows = () => client.events.flatMap(({ data: { rows: some } }) => some ?? [])
        await client.until(() => rows().length > DAYS)
        expect(daysOf(rows()).toSorted((a, b) => a - b)).toEqual([
          ...Array.from({ length: DAYS }, (_, index) => index + 1),
          DAYS,
        ])
        const late = [1, 20, 40].map((day) => ({
          timestamp: iso(today - day * DAY + 5),
          message: 'late',
          source: 'late',
        }))
        await server.send('POST', '/api/logs', late, { 'x-import': 'true' })
        await client.until(() => rows().length > DAYS + 3)
        expect(daysOf(rows().slice(-3))).toEqual([1, 20, 40])
        client.close()
        await logs.deleteMatching({ ...EVERYTHING, sources: ['late'], start: iso(today - 40 * DAY) })
      },
    ],
  ])('answers %s rightly by statements on at most sixteen', async (_, ask) => {
    const statements = await touched.during(ask)
    expect(statements.filter(({ partitions }) => partitions > MAX_PARTITIONS_A_STATEMENT)).toEqual([])
  })
})

/** In the order written: the last test takes everything away. */
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
    expect(rows.logs).toBe(DAYS + 1)
    // The server made some ahead.
    expect(partitions).toBeGreaterThanOrEqual(DAYS)
    expect(bytes).toBeGreaterThan(DAYS * 100)
  })

  it('answers the usual questions', async () => {
    expect(await logs.getLogs(EVERYTHING, { offset: 0, limit: 100 })).toHaveLength(100)
    expect(await logs.getLogs(EVERYTHING, { offset: 1490, limit: 100 })).toHaveLength(11)
    const oldest = await logs.getLogs({ ...EVERYTHING, cameras: [2] }, { offset: 0, limit: 100 })
    expect(oldest.map(({ message }) => message)).toEqual(['the needle'])
    expect(await logs.countLogs(EVERYTHING)).toEqual({ total: DAYS + 1, is_exact: true })
    const summary = await logs.getLogSummary(undefined, EVERYTHING)
    expect(summary).toMatchObject({ total_logs: DAYS + 1, unique_cameras: 2 })
    expect(summary.first_log_at).toBe(oldest[0]?.timestamp)
    const sources = await logs.getLogSources(EVERYTHING)
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
  })

  it('is cleared, restored, and cleared for good', async () => {
    expect((await logs.clearLogs()).rows).toBe(DAYS + 1)
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
  })
})
