// The same table of cases for the asynchronous store and the synchronous store.
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { normaliseRecord, type RecordInput } from '@timelapser/logger'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SyncLogService } from '../../src/service/logs/sync-log-service.ts'
import { deleteCamera } from '../../src/store/cameras/cameras.ts'
import type { LogRow } from '../../src/store/database/reader.ts'
import { LogOperations } from '../../src/store/log-operations.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { SyncLogOperations } from '../../src/store/sync-log-operations.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

type Door = {
  write: (record: RecordInput) => Promise<LogRow | null>
  cameraLogs: (camera_id: number) => Promise<LogRow[]>
  cleanup: (days: number) => Promise<number>
}

let database: TestDatabase
let spoolDirectory: string
const opened: { close: () => Promise<void> }[] = []

beforeEach(async () => {
  database = await createTestDatabase()
  spoolDirectory = await mkdtemp(join(tmpdir(), 'timelapser-spool-'))
})

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
  await database.close()
  await rm(spoolDirectory, { recursive: true })
})

function openSync(deadlineMs = 10_000, connection: object = database.connection): SyncLogOperations {
  const logs = new SyncLogOperations({ connection, spoolDirectory, deadlineMs })
  opened.push(logs)
  return logs
}

const DOORS: Record<string, () => Door> = {
  asynchronous() {
    const { pool } = database.database
    const logs = new LogOperations({ pool, settings: new SettingsStore(pool) })
    opened.push(logs)
    const everything = { visibility: { cameras: null } }
    return {
      write: (record) => logs.addLogEntry(normaliseRecord(record)),
      cameraLogs: (id) => logs.getLogs({ ...everything, cameras: [id] }, { offset: 0, limit: 100 }),
      cleanup: (days) => logs.deleteOldLogs(days),
    }
  },
  synchronous() {
    const logs = openSync()
    return {
      write: async (record) => logs.writeLogEntry(record),
      cameraLogs: async (id) => logs.getCameraLogs(id),
      cleanup: async (days) => new SyncLogService(logs).cleanupOldLogs(days),
    }
  },
}

const stored = async () =>
  (await database.database.pool.query('select message from logs order by timestamp, id')).rows.map(
    ({ message }: { message: string }) => message,
  )

describe.each(Object.keys(DOORS))('%s', (name) => {
  it.each([
    [{ message: 'plain' }, { message: 'plain', level: 'INFO', source: 'system', camera_id: null }],
    [{}, { message: '', level: 'INFO', extra_data: null }],
    [
      {
        message: 'a\0b\ud800',
        level: 'critical',
        source: 'worker',
        logger_name: 'capture.rtsp',
        camera_id: 3,
      },
      {
        message: 'a\ufffdb\ufffd',
        level: 'CRITICAL',
        source: 'worker',
        logger_name: 'capture.rtsp',
        camera_id: 3,
      },
    ],
    [
      { message: 'e', extra_data: { n: 1, deep: { a: [1, null] } } },
      { extra_data: { n: 1, deep: { a: [1, null] } } },
    ],
    [
      { message: 't', timestamp: '2026-01-02T03:04:05.123456Z' },
      { timestamp: '2026-01-02T03:04:05.123456Z' },
    ],
  ])('stores %j and returns the committed row', async (record, expected) => {
    const door = DOORS[name]?.() as Door
    const row = await door.write(record)
    expect(row).toMatchObject(expected)
    const { rows } = await database.database.pool.query('select id::int as id, message from logs')
    expect(rows).toEqual([{ id: row?.id, message: row?.message }])
  })

  it('reads the newest rows of one camera first', async () => {
    const door = DOORS[name]?.() as Door
    await door.write({ message: 'first', camera_id: 1 })
    await door.write({ message: 'other', camera_id: 2 })
    await door.write({ message: 'second', camera_id: 1 })
    expect((await door.cameraLogs(1)).map(({ message }) => message)).toEqual(['second', 'first'])
    expect(await door.cameraLogs(9)).toEqual([])
  })

  it('deletes what is older than so many days', async () => {
    const door = DOORS[name]?.() as Door
    await door.write({ message: 'old', timestamp: new Date(Date.now() - 40 * 86_400_000) })
    await door.write({ message: 'new' })
    expect(await door.cleanup(30)).toBe(1)
    expect(await stored()).toEqual(['new'])
  })
})

it('masks credentials', () => {
  const row = openSync().writeLogEntry({ message: 'at rtsp://admin:geheim@10.0.0.5/', camera_id: 1 })
  expect(row?.message).toBe('at rtsp://***:***@10.0.0.5/')
})

it('reads what other processes stored meanwhile, wherever it went, and no camera that they deleted', async () => {
  const { pool } = database.database
  const sync = openSync()
  const other = new LogOperations({ pool, settings: new SettingsStore(pool) })
  opened.push(other)
  const write = (message: string, timestamp: string) =>
    other.addLogEntries([normaliseRecord({ message, timestamp, camera_id: 1, source: 'camera_1' })])
  const read = () => sync.getCameraLogs(1).map(({ message, camera_id }) => [message, camera_id])
  await write('first', '2026-03-20T00:00:00Z')
  expect(read()).toEqual([['first', 1]])
  await write('older', '2025-11-20T00:00:00Z')
  await write('newer', '2026-06-20T00:00:00Z')
  expect(read()).toEqual([
    ['newer', 1],
    ['first', 1],
    ['older', 1],
  ])
  await deleteCamera(pool, 1)
  expect(read()).toEqual([
    ['newer', null],
    ['first', null],
    ['older', null],
  ])
})

it('keeps what is not stored within the deadline, and stores it once and in order later', async () => {
  const logs = openSync(700)
  // The thread may take longer than that to start.
  await expect.poll(() => logs.getCameraLogs(1)).toEqual([])
  expect(logs.writeLogEntry({ message: 'before' })?.message).toBe('before')
  const blocker = await database.database.connect()
  await blocker.query('begin; lock table senders in access exclusive mode')
  expect(logs.writeLogEntry({ message: 'kept 1' })).toBeNull()
  expect(logs.writeLogEntry({ message: 'kept 2' })).toBeNull()
  expect(await readdir(spoolDirectory)).toHaveLength(2)
  await blocker.query('rollback')
  await blocker.end()
  await expect.poll(() => logs.writeLogEntry({ message: 'after' })).toBeTruthy()
  await expect.poll(() => readdir(spoolDirectory)).toEqual([])
  const messages = await stored()
  expect(messages.filter((message) => message !== 'after')).toEqual(['before', 'kept 1', 'kept 2'])
})

it('keeps records while the database is away; the next start stores them', async () => {
  const logs = openSync(300, { ...database.connection, port: 1 })
  expect(logs.writeLogEntry({ message: 'while it was away' })).toBeNull()
  await logs.close()
  expect(await readdir(spoolDirectory)).toHaveLength(1)
  openSync()
  await expect.poll(stored).toEqual(['while it was away'])
  await expect.poll(() => readdir(spoolDirectory)).toEqual([])
})

it('refuses calls after close', async () => {
  const logs = openSync()
  await logs.close()
  expect(() => logs.getCameraLogs(1)).toThrow('closed')
})
