import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createCamera, deleteCamera } from '../../src/store/cameras/cameras.ts'
import { Feed } from '../../src/store/feed/feed.ts'
import type { LogFilter } from '../../src/store/filter/log-filter.ts'
import { LogOperations } from '../../src/store/log-operations.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { ago, DAY, record, spread, whileWriting } from './some-records.ts'
import { expectExactCounts } from './stored-counts.ts'

const EVERYTHING = { visibility: { cameras: null } }

let database: TestDatabase
let pool: TestDatabase['database']['pool']
let logs: LogOperations

beforeEach(async () => {
  database = await createTestDatabase()
  pool = database.database.pool
  logs = new LogOperations({ pool, settings: new SettingsStore(pool) })
  const now = Date.now()
  const others = [1, 2].map((camera_id) => record({ timestamp: ago(DAY), source: 'api', camera_id }))
  await logs.addLogEntries([...spread(900, now - 3 * DAY, now - 1000), ...others])
})

afterEach(async () => {
  await logs.close()
  await database.close()
})

async function remove(id: number): Promise<void> {
  expect(await deleteCamera(pool, id)).toBe(`Camera ${id}`)
  logs.reloadCameras()
}

const FILTERS: [string, LogFilter][] = [
  ['no filter', EVERYTHING],
  ['the deleted camera', { ...EVERYTHING, cameras: [1] }],
  ['both cameras', { ...EVERYTHING, cameras: [1, 2] }],
  ['the deleted camera left out', { ...EVERYTHING, exclude_cameras: [1] }],
  ['a text', { ...EVERYTHING, search: 'line 1', cameras: [1] }],
  ['what the viewer of the deleted camera sees', { visibility: { cameras: [1] } }],
  ['what the viewer of both sees', { visibility: { cameras: [1, 2] }, levels: ['ERROR'] }],
]

async function readEverything(filter: LogFilter) {
  const feed = new Feed(pool, logs.partitions, () => logs.deletedCameras())
  const rows = await logs.getLogs(filter, { offset: 0, limit: 1000 })
  return {
    rows,
    total: await logs.countLogs(filter),
    summary: await logs.getLogSummary(undefined, filter),
    sources: await logs.getLogSources(filter),
    facet: await logs.getFacet(filter, 'camera_id'),
    histogram: await logs.getHistogram(
      { ...filter, start: `${ago(3 * DAY).slice(0, 13)}:00:00Z`, end: END },
      0,
      DAY,
    ),
    streamed: (await feed.rowsOf(await feed.entriesAfter(0), filter)).rows.length,
    byId: rows[0] && (await logs.getLog(rows[0].id, filter)),
  }
}

const END = new Date(Date.now() + DAY).toISOString()

describe('a deleted camera', () => {
  it.each(FILTERS)('reads at once as it does when its logs are rewritten: %s', async (_, filter) => {
    await remove(1)
    const before = await readEverything(filter)
    expect(before.rows.some(({ camera_id }) => camera_id === 1)).toBe(false)
    expect(await logs.forgetDeletedCameras()).toBe(301)
    expect(await readEverything(filter)).toEqual(before)
    await expectExactCounts(pool)
  })

  it('has its logs found by their source, which stays', async () => {
    await remove(1)
    const rows = await logs.getLogs({ ...EVERYTHING, cameras: [1] }, { offset: 0, limit: 1000 })
    expect(rows.length).toBe(300)
    expect(new Set(rows.map(({ source, camera_id }) => `${source} ${camera_id}`))).toEqual(
      new Set(['camera_1 null']),
    )
  })

  it('is rewritten with exact counts while others write, also about it', async () => {
    const { written } = await whileWriting(logs, 3 * DAY, async () => {
      await remove(1)
      await logs.forgetDeletedCameras()
    })
    await logs.forgetDeletedCameras()
    const { rows } = await pool.query(
      'select count(*) filter (where camera_id = 1) as named, count(*) as rows from logs',
    )
    expect(rows[0]).toEqual({ named: 0, rows: 902 + written })
    await expectExactCounts(pool)
  })

  it('is rewritten in a batch too that was on its way all the while', async () => {
    const other = new LogOperations({ pool, settings: new SettingsStore(pool) })
    try {
      // It knows the camera, and hears of nothing.
      await other.addLogEntries([record({ camera_id: 1 })])
      await remove(1)
      await logs.forgetDeletedCameras()
      await other.addLogEntries([record({ camera_id: 1 })])
      const named = async () =>
        (await pool.query('select count(*)::int as named from logs where camera_id = 1')).rows[0].named
      expect(await named()).toBe(1)
      await logs.forgetDeletedCameras()
      expect(await named()).toBe(0)
      await expectExactCounts(pool)
    } finally {
      await other.close()
    }
  })

  it('gives no line to the camera that its source names', async () => {
    const crossed = record({ camera_id: 2, source: 'camera_1', message: 'crossed' })
    const { first_id: id } = await logs.addLogEntries([crossed])
    const seenBy = async (camera: number) =>
      (await logs.getLog(Number(id), { visibility: { cameras: [camera] } })) !== undefined
    expect([await seenBy(1), await seenBy(2)]).toEqual([false, true])
    await remove(2)
    expect(await seenBy(1)).toBe(false)
    await logs.forgetDeletedCameras()
    expect(await seenBy(1)).toBe(false)
    const found = await logs.getLog(Number(id), EVERYTHING)
    expect(found).toMatchObject({ camera_id: null, source: 'camera_1' })
    await expectExactCounts(pool)
  })

  it('gives its id back when no log names it any more, and not before', async () => {
    await remove(1)
    expect(await createCamera(pool, { id: 1, name: 'Another' })).toBeUndefined()
    await logs.forgetDeletedCameras()
    expect((await createCamera(pool, { id: 1, name: 'Another' }))?.name).toBe('Another')
    logs.reloadCameras()
    expect(
      (await logs.getLogs({ ...EVERYTHING, cameras: [1] }, { offset: 0, limit: 1 }))[0]?.camera_id,
    ).toBeNull()
    await logs.addLogEntries([record({ camera_id: 1 })])
    expect(
      (await logs.getLogs({ ...EVERYTHING, cameras: [1] }, { offset: 0, limit: 1 }))[0]?.camera_name,
    ).toBe('Another')
  })

  it('has what is still logged about it stored without it', async () => {
    await remove(1)
    await logs.addLogEntries([record({ camera_id: 1, source: 'camera_1' })])
    const { rows } = await pool.query('select camera_id, source from logs order by timestamp desc limit 1')
    expect(rows).toEqual([{ camera_id: null, source: 'camera_1' }])
  })
})
