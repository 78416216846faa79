// Every statement that reading and writing logs runs, as it is sent, so that a changed query shows in review.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { verifyBlocks } from '../../src/store/blocks/verify-blocks.ts'
import { deleteCamera } from '../../src/store/cameras/cameras.ts'
import { countByCameras } from '../../src/store/counts/camera-counts.ts'
import { foldCounts } from '../../src/store/counts/count-folding.ts'
import { countByGroups, topGroups } from '../../src/store/counts/group-counts.ts'
import { type Database, openDatabase } from '../../src/store/database/open.ts'
import { type PackedState, watchPackedState } from '../../src/store/database/packed-state.ts'
import { onlySlow, type StatementTiming } from '../../src/store/database/statement-watch.ts'
import { inTransaction } from '../../src/store/database/transaction.ts'
import { EXPORT_FIELDS } from '../../src/store/export/export-format.ts'
import { exportRows } from '../../src/store/export/export-rows.ts'
import { Feed } from '../../src/store/feed/feed.ts'
import { trimFeed } from '../../src/store/feed/feed-trimming.ts'
import type { LogFilter } from '../../src/store/filter/log-filter.ts'
import { LogOperations } from '../../src/store/log-operations.ts'
import { nextToPack, packAndClean } from '../../src/store/partitions/packing.ts'
import { askToUnpack, beginIfWanted, readPackingProgress } from '../../src/store/partitions/packing-switch.ts'
import { endWhenUnpacked, nextToUnpack, unpackPartition } from '../../src/store/partitions/unpacking.ts'
import { verifyCounts } from '../../src/store/partitions/verify-counts.ts'
import { scanFields } from '../../src/store/reading/field-scan.ts'
import { countLoggers } from '../../src/store/reading/logger-counts.ts'
import { scanMessages } from '../../src/store/reading/message-scan.ts'
import { newestByCamera } from '../../src/store/reading/newest-by-camera.ts'
import { foldSample } from '../../src/store/reading/sampled-folds.ts'
import { foldValues } from '../../src/store/reading/value-folds.ts'
import { scanValues } from '../../src/store/reading/value-scan.ts'
import { previewMatching } from '../../src/store/removal/delete-matching.ts'
import { cutoffForAll } from '../../src/store/removal/retention-policy.ts'
import { scrubRows } from '../../src/store/removal/scrub.ts'
import {
  addScrubRun,
  continueScrubRun,
  endScrubRun,
  findScrubRun,
} from '../../src/store/removal/scrub-runs.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { forgetParts } from '../../src/store/writing/senders.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { record } from './some-records.ts'
import { listingOf } from './statement-listing.ts'

let test: TestDatabase
let database: Database
let packedState: PackedState
const seen: StatementTiming[] = []

beforeAll(async () => {
  test = await createTestDatabase()
  database = await openDatabase({ connection: test.connection, onStatement: (timing) => seen.push(timing) })
  // As on a server where packing was never turned on.
  packedState = await watchPackedState(database.pool)
})

afterAll(async () => {
  packedState.stop()
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
    await logs.read(
      countByCameras,
      { visibility: filter.visibility, ...DAY },
      undefined,
      [1, 4],
      0,
      1_800_000,
    )
    await logs.read(newestByCamera, { visibility: filter.visibility }, undefined, [1, 4])
    await logs.getHistogram({ ...filter, ...DAY }, 0, 3_600_000)
    await logs.getHistogram({ ...filter, ...DAY }, 0, 1000)
    await logs.getLog(first_id ?? 0, filter)
    const { chunks } = await logs.read(exportRows, filter, undefined, {
      format: 'ndjson',
      fields: EXPORT_FIELDS,
      order: 'oldest',
    })
    for await (const _ of chunks);
    for await (const _ of logs.scan(scanMessages, filter, undefined));
    for await (const _ of logs.scan(scanFields, filter, undefined, undefined));
    for await (const _ of logs.scan(scanFields, filter, undefined, ['retry', 'count']));
    for await (const _ of logs.scan(scanValues, filter, undefined, ['camera', 'logger', ['retry', 'count']]));
    const fold = {
      field: ['retry', 'count'],
      by: ['camera', ['0']],
      starts: [0, Date.UTC(2026, 2, 2)],
    } as const
    for await (const _ of logs.scan(foldValues, filter, undefined, { ...fold, kind: 'spread' }));
    for await (const _ of logs.scan(foldValues, filter, undefined, { ...fold, kind: 'different' }));
    const day = { ...filter, start: '2026-03-01T00:00:00Z', end: '2026-03-01T00:00:01Z' }
    for await (const _ of logs.scan(foldSample, day, undefined, { ...fold, kind: 'avg' }, 1));
    await logs.read(countLoggers, filter, undefined)
  }
  const within = { ...EVERYTHING, ...DAY }
  const { groups } = await logs.read(topGroups, within, undefined, ['source', 'camera'], 2)
  const asked = { by: ['source', 'camera'] as const, groups: groups.map(({ values }) => values) }
  const starts = [10, 11, 12].map((hour) => Date.UTC(2026, 2, 1, hour))
  await logs.read(countByGroups, within, undefined, { ...asked, distinct: undefined, starts })
  await logs.read(countByGroups, within, undefined, {
    by: [],
    groups: [],
    distinct: 'level',
    starts: undefined,
  })
  const feed = new Feed(pool, logs.partitions)
  for (const filter of FILTERS) await feed.rowsOf(await feed.entriesAfter(0), filter)
  await feed.head()
  await trimFeed(pool)
  await logs.close()

  const listing = listingOf(seen)
  // While packing is off reading costs what it cost without it.
  expect(listing).not.toContain('log_blocks')
  await expect(listing).toMatchFileSnapshot('./__snapshots__/statements.sql')
})

it('that remove and rewrite are those of theirs', async () => {
  const { pool } = database
  const before = seen.length
  const logs = new LogOperations({ pool, settings: new SettingsStore(pool) })
  const lines = Array.from({ length: 40 }, (_, index) =>
    record({
      timestamp: `2026-0${1 + (index % 2)}-0${1 + (index % 4)}T12:00:${10 + index}Z`,
      level: index % 4 === 0 ? 'ERROR' : 'DEBUG',
      camera_id: 7,
    }),
  )
  const store = { pool, partitions: logs.partitions }
  await logs.addLogEntries(lines, { sender: crypto.randomUUID(), batch: 1 })
  await logs.read(previewMatching, { ...EVERYTHING, search: 'something' }, undefined)
  await logs.deleteMatching({ ...EVERYTHING, end: '2026-01-01T12:00:20Z', levels: ['ERROR'], search: 'some' })
  const cutoffs = {
    general: '2026-02-01T00:00:00Z',
    levels: { DEBUG: '2026-02-20T00:00:00Z' },
    sources: { audit: null },
  }
  await logs.planRetention(cutoffs, 0)
  await logs.applyRetention(cutoffs, 0)
  await logs.applyRetention(cutoffForAll('2026-02-01T00:00:00Z'), 1)
  await logs.addLogEntries(lines)
  await deleteCamera(pool, 7)
  logs.reloadCameras()
  await logs.forgetDeletedCameras()
  await scrubRows(store, { change: (row) => ({ ...row, message: 'scrubbed' }), isDryRun: false })
  await inTransaction(pool, (client) => addScrubRun(client, { pattern: 'x', by: 'test', totalRows: 30 }))
  const again = { turnMs: 60_000, waitMs: 60_000 }
  await continueScrubRun(store, () => (row) => ({ ...row, message: 'scrubbed again' }), again)
  await inTransaction(pool, (client) => endScrubRun(client, 'done'))
  await findScrubRun(pool)
  for (const partition of await logs.partitions.list()) await verifyCounts(pool, partition)
  await logs.clearLogs()
  await logs.addLogEntries(lines.slice(0, 2))
  await logs.undoClear()
  await logs.clearLogs()
  await logs.dropCleared(0)
  await forgetParts(pool)
  await logs.close()
  await expect(listingOf(seen.slice(before))).toMatchFileSnapshot('./__snapshots__/removals.sql')
})

it('that pack rows and change packed ones are those of the snapshot', async () => {
  const { pool } = database
  const before = seen.length
  const logs = new LogOperations({ pool, settings: new SettingsStore(pool) })
  const store = { pool, partitions: logs.partitions }
  const lines = Array.from({ length: 100 }, (_, index) =>
    record({ timestamp: `2025-03-01T12:${10 + (index % 50)}:00Z`, message: `line ${index}` }),
  )
  await logs.addLogEntries(lines)
  await pool.query('update log_partitions set closed_at = now()')
  await new SettingsStore(pool).update({ pack_after_days: 1 })
  await beginIfWanted(pool)
  packedState.stop()
  await pool.query(`update log_packing set begun_at = now() - interval '1 hour'`)
  const partition = await nextToPack(pool)
  const client = await database.connect()
  if (partition) await packAndClean(pool, client, partition)
  for (const filter of FILTERS.slice(1)) {
    await logs.getLogs(filter, { offset: 0, limit: 10 })
    await logs.getHistogram({ ...filter, ...DAY }, 0, 1000)
  }
  await logs.deleteMatching({ ...EVERYTHING, search: 'line 7' })
  await logs.addLogEntries(lines.slice(0, 30))
  if (partition) await packAndClean(pool, client, partition)
  await scrubRows(store, { change: (row) => ({ ...row, message: 'scrubbed' }), isDryRun: false })
  if (partition) await packAndClean(pool, client, partition)
  await client.end()
  await verifyBlocks(pool, 10)
  await askToUnpack(pool)
  await readPackingProgress(pool)
  const next = await nextToUnpack(pool)
  if (next) await unpackPartition(pool, next)
  await endWhenUnpacked(pool)
  await logs.deleteMatching(EVERYTHING)
  await logs.close()
  const packing = seen
    .slice(before)
    .filter(({ name }) => name !== 'delete' && !/^count_(?!late|pack)/.test(name ?? ''))
  await expect(listingOf(packing)).toMatchFileSnapshot('./__snapshots__/packing.sql')
})

it('that look back over years ask the months first', async () => {
  const { pool } = database
  const before = seen.length
  const logs = new LogOperations({ pool, settings: new SettingsStore(pool) })
  for (const year of [2014, 2018, 2022]) {
    await logs.addLogEntries([record({ timestamp: `${year}-05-01T12:00:00Z`, camera_id: 2, source: 'api' })])
  }
  const found = await logs.getLogs({ ...EVERYTHING, cameras: [2] }, { offset: 0, limit: 10 })
  expect(found).toHaveLength(3)
  await logs.close()
  const finding = seen.slice(before).filter(({ name }) => name?.startsWith('find_'))
  await expect(listingOf(finding)).toMatchFileSnapshot('./__snapshots__/years.sql')
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
