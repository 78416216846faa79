import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmdirSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { freeBytesAt } from '../../src/service/ingest/storage-guard.ts'
import { openDatabase } from '../../src/store/database/open.ts'
import { expectExactCounts } from '../store/stored-counts.ts'
import { asAdmin, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const MB = 1024 * 1024
const SIZE_MB = 96

const disk = mountSmallDisk()

let database: TestDatabase
let server: TestServer
let space: string

beforeEach(async () => {
  if (!disk) return
  // PostgreSQL's processes hold the files of a dropped database open until they hear of it.
  await expect.poll(() => freeBytesAt(disk)).toBeGreaterThan(0.9 * SIZE_MB * MB)
  const created = await createTestDatabase()
  const { pool } = created.database
  const owner = statSync((await pool.query('show data_directory')).rows[0].data_directory)
  const folder = join(disk, created.connection.database)
  mkdirSync(folder)
  chownSync(folder, owner.uid, owner.gid)
  space = `space_${created.connection.database}`
  await asAdmin(`create tablespace ${space} location '${folder}'`)
  await asAdmin(`alter database ${created.connection.database} set default_tablespace = ${space}`)
  // Sessions have the setting from their start.
  await created.database.close()
  const reopened = await openDatabase({ connection: created.connection })
  database = { ...created, database: reopened }
  server = await startTestServer({ database, dataDirectory: disk })
})

afterEach(async () => {
  if (!disk) return
  await server.close()
  await database.database.close()
  await asAdmin(`drop database ${database.connection.database} with (force)`)
  await asAdmin(`drop tablespace ${space}`)
})

afterAll(() => {
  if (!disk) return
  spawnSync('umount', [disk])
  rmdirSync(disk)
})

/**
 * Batches that retention may delete: with them gone there is more than the reserve, however far beyond it a fast writer
 * came before the next check of the disk.
 */
const OLD_BATCHES = 20
const ROWS = 100
const OLD_ROWS = OLD_BATCHES * ROWS

/** Two megabytes that do not compress. */
const batch = (hoursAgo: number) =>
  Array.from({ length: ROWS }, () => ({
    message: 'a frame',
    // Not in the message: its search index would take many times the room, and the time.
    extra_data: { frame: randomBytes(15_000).toString('base64') },
    timestamp: new Date(Date.now() - hoursAgo * 3_600_000).toISOString(),
  }))

/** The answer to whether a line would be stored. */
const verdict = async () => (await server.get('/api/levels/why?level=ERROR&source=api')).body.data.verdict

async function storeOld(): Promise<void> {
  // The disk was looked at a moment ago, with the reserve of that time.
  await expect.poll(verdict).not.toBe('disk_full')
  for (let stored = 0; stored < OLD_BATCHES; stored++) {
    const { status, body } = await server.send('POST', '/api/logs', batch(80), { 'x-import': 'true' })
    expect(status, `batch ${stored}: ${JSON.stringify(body)}`).toBe(200)
  }
}

async function fillUntilRefused(hoursAgo: number): Promise<{ accepted: number; refusal: Answer }> {
  for (let accepted = 0; accepted < 10_000; ) {
    const answer = await server.send('POST', '/api/logs', batch(hoursAgo), { 'x-import': 'true' })
    if (answer.status !== 200) return { accepted, refusal: answer }
    accepted += answer.body.data.accepted
  }
  throw new Error('nothing was refused')
}
type Answer = Awaited<ReturnType<TestServer['send']>>

const total = async () => (await server.get('/api/logs?limit=1')).body.data.pagination.total_items

describe.skipIf(!disk)(`a disk of ${SIZE_MB} MB (needs root and mount)`, () => {
  it.each([
    ['below the reserve', 30 * MB],
    ['without a reserve, to the last byte', 0],
  ])('%s: refuses with 507, reads on, makes room by size and goes on', async (_, disk_reserve_bytes) => {
    const settings = { disk_reserve_bytes, retention_days: 0, retention_max_bytes: 0 }
    await server.send('PUT', '/api/settings', settings)
    await storeOld()
    const { accepted, refusal } = await fillUntilRefused(0)
    expect(refusal.status).toBe(507)
    expect(refusal.body.code).toBe('STORAGE_FULL')
    expect(Number(refusal.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(server.reports.map(({ kind, detail }) => kind === 'storage' && detail)).toContain('full')
    expect(await verdict()).toBe('disk_full')
    expect(await total()).toBe(OLD_ROWS + accepted)
    await expectExactCounts(database.database.pool)

    await server.send('PUT', '/api/settings', { retention_max_bytes: 1 })
    expect((await server.send('POST', '/api/logs/retention')).body.data.deleted_count).toBe(OLD_ROWS)
    await vi.waitFor(
      async () => expect((await server.send('POST', '/api/logs', [{ message: 'again' }])).status).toBe(200),
      { timeout: 120_000, interval: 250 },
    )
    expect(await total()).toBe(accepted + 1)
    expect(server.reports.map(({ kind, detail }) => kind === 'storage' && detail)).toContain('back')
    await expectExactCounts(database.database.pool)
  })

  it('has its room made by the size budget at once, with nobody asking', async () => {
    await server.send('PUT', '/api/settings', {
      disk_reserve_bytes: 30 * MB,
      retention_days: 0,
      retention_max_bytes: 1,
    })
    await storeOld()
    const { accepted } = await fillUntilRefused(0)
    await vi.waitFor(async () => expect(await total()).toBe(accepted), { timeout: 120_000, interval: 250 })
    expect(server.reports).toContainEqual({
      kind: 'retention',
      detail: expect.objectContaining({ action: 'retention', deleted_count: OLD_ROWS, by: 'full disk' }),
    })
  })
})

/** A memory file system that PostgreSQL's user may reach; undefined when this user or machine may not mount one. */
function mountSmallDisk(): string | undefined {
  if (process.getuid?.() !== 0) return undefined
  const directory = mkdtempSync(join(tmpdir(), 'timelapser-disk-'))
  chmodSync(directory, 0o755)
  const options = `size=${SIZE_MB}m,mode=755`
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory])
  if (status === 0) return directory
  rmdirSync(directory)
  return undefined
}
