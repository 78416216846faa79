// Every statement that reading and writing logs runs, as it is sent, so that a changed query shows in review.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { foldCounts } from '../../src/store/count-folding.ts'
import { EXPORT_FIELDS } from '../../src/store/export-format.ts'
import { Feed } from '../../src/store/feed.ts'
import { trimFeed } from '../../src/store/feed-trimming.ts'
import type { LogFilter } from '../../src/store/log-filter.ts'
import { LogOperations } from '../../src/store/log-operations.ts'
import { type Database, openDatabase } from '../../src/store/open.ts'
import { SettingsStore } from '../../src/store/settings.ts'
import { onlySlow, type StatementTiming } from '../../src/store/statement-watch.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let test: TestDatabase
let database: Database
const seen: StatementTiming[] = []

beforeAll(async () => {
  test = await createTestDatabase()
  database = await openDatabase({ connection: test.connection, onStatement: (timing) => seen.push(timing) })
})

afterAll(async () => {
  await database.close()
  await test.close()
})

const EVERYTHING: LogFilter = { visibility: { cameras: null } }
const DAY = { start: '2026-03-01T10:20:30.5Z', end: '2026-03-02T11:21:31.5Z' }

const FILTERS: LogFilter[] = [
  EVERYTHING,
  { ...EVERYTHING, ...DAY },
  { visibility: { cameras: [1, 4] }, levels: ['ERROR', 'CRITICAL'], ...DAY },
  { ...EVERYTHING, cameras: [3], exclude_sources: ['api'] },
  { ...EVERYTHING, sources: ['api', 'worker'], request_id: 'r-1' },
  { ...EVERYTHING, search: '100%', logger_names: ['http'] },
]

it('are the ones of the snapshot, each with a name', async () => {
  const { pool } = database
  const logs = new LogOperations({ pool, settings: new SettingsStore(pool) })
  const lines = Array.from({ length: 30 }, (_, index) => ({
    timestamp: `2026-03-0${1 + (index % 3)}T12:00:${10 + index}.000001Z`,
    level: 'ERROR' as const,
    message: `line ${index}`,
    source: 'api',
    logger_name: 'http',
    camera_id: index % 5 || null,
    extra_data: { request_id: `r-${index}` },
  }))
  const { first_id } = await logs.addLogEntries(lines, { sender: crypto.randomUUID(), batch: 1 })
  await foldCounts(pool)
  for (const filter of FILTERS) {
    const [row] = await logs.getLogs(filter, { offset: 0, limit: 10 })
    await logs.getLogs(filter, { offset: 20, limit: 10 })
    if (row) await logs.getLogs(filter, { beyond: row, order: 'newest', limit: 10 })
    await logs.countLogs(filter)
    await logs.getLogSummary(undefined, filter)
    await logs.getLogSources(filter)
    await logs.getFacet(filter, 'camera_id')
    await logs.countByCameras({ visibility: filter.visibility, ...DAY }, [1, 4], 0, 1_800_000)
    await logs.getLastLines({ visibility: filter.visibility }, [1, 4])
    await logs.getHistogram({ ...filter, ...DAY }, 0, 3_600_000)
    await logs.getHistogram({ ...filter, ...DAY }, 0, 1000)
    await logs.getLog(first_id ?? 0, filter)
    const { chunks } = await logs.exportLogs(filter, {
      format: 'ndjson',
      fields: EXPORT_FIELDS,
      order: 'oldest',
    })
    for await (const _ of chunks);
    for await (const _ of logs.scanMessages(filter));
    await logs.countLoggers(filter)
  }
  const feed = new Feed(pool, logs.partitions)
  for (const filter of FILTERS) await feed.rowsOf(await feed.entriesAfter(0), filter)
  await feed.head()
  await trimFeed(pool)
  await logs.close()

  const texts = new Map<string, Set<string>>()
  for (const { name, text } of seen) {
    const known = withoutNames(name)
    texts.set(known, (texts.get(known) ?? new Set()).add(withoutNames(text)))
  }
  const listing = [...texts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, of]) => `-- ${name}\n${[...of].toSorted().join(';\n\n')};\n`)
  await expect(listing.join('\n')).toMatchFileSnapshot('./__snapshots__/statements.sql')
})

it('are reported when they are slow, each name once in a while', async () => {
  const slow: string[] = []
  const watch = onlySlow(50, ({ name }) => slow.push(name))
  const watched = await openDatabase({ connection: test.connection, onStatement: watch })
  await watched.pool.query({ name: 'sleeps', text: 'select pg_sleep(0.06)' })
  await watched.pool.query({ name: 'sleeps', text: 'select pg_sleep(0.06)' })
  await watched.pool
    .query('/* fails_late */ select pg_sleep(0.06), 1 / (random() * 0)::integer')
    .catch(() => undefined)
  await watched.pool.query('select 1')
  await watched.close()
  expect(slow).toEqual(['sleeps', 'fails_late'])
})

/** Names and bounds of partitions follow the rows, time limits what is left of a budget. */
function withoutNames(text: string): string {
  return text
    .replaceAll(/(statement_timeout =) \d+/g, '$1 …')
    .replaceAll(/\blogs_\d+\w*/g, 'logs_of_a_range')
    .replaceAll(/'\d{4}-\d\d-\d\dT[\d:.]+Z'/g, "'…'")
}
