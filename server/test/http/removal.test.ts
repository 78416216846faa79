import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'

const HOUR = 3_600_000
const ago = (hours: number) => new Date(Date.now() - hours * HOUR).toISOString()

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})

afterAll(async () => {
  await server.close()
})

const records = (count: number, given: object) =>
  Array.from({ length: count }, (_, index) => ({ level: 'INFO', message: `line ${index}`, ...given }))

const ingest = (list: object[]) => server.send('POST', '/api/logs', list, { 'x-import': 'true' })

const total = async (query = '') =>
  (await server.get(`/api/logs?limit=1${query}`)).body.data.pagination.total_items

/** Keeps all others from deleting and rewriting, until the returned function is called. */
async function takeTurn(): Promise<() => Promise<void>> {
  const client = await server.database.database.connect()
  await client.query('select pg_advisory_lock(7469004)')
  return () => client.end()
}

beforeEach(async () => {
  await server.send('DELETE', '/api/logs/cleanup?days_to_keep=0')
  await server.system.logOperations.dropCleared(0)
  server.reports.length = 0
})

describe('removing logs over HTTP', () => {
  it('says what a cleanup would delete, deletes that and reports it', async () => {
    await ingest([...records(30, { timestamp: ago(80) }), ...records(5, { timestamp: ago(1) })])
    const preview = await server.get('/api/logs/cleanup?days_to_keep=2')
    expect(preview.body.data).toMatchObject({ would_delete: 30, days_kept: 2 })
    expect(preview.body.data.would_free_bytes).toBeGreaterThan(0)
    const done = await server.send('DELETE', '/api/logs/cleanup?days_to_keep=2')
    expect(done.body).toEqual({
      success: true,
      message: 'Cleaned up 30 old log entries',
      data: { deleted_count: 30, days_kept: 2 },
    })
    expect(server.reports).toContainEqual({
      kind: 'retention',
      detail: { action: 'cleanup', deleted_count: 30, days_kept: 2, by: expect.any(String) },
    })
  })

  it('clears everything and brings it back', async () => {
    await ingest(records(40, { timestamp: ago(30) }))
    const cleared = await server.send('DELETE', '/api/logs/cleanup?days_to_keep=0')
    expect(cleared.body.data).toEqual({ deleted_count: 40, days_kept: 0, undo_until: expect.any(String) })
    await ingest(records(2, {}))
    expect(await total()).toBe(2)
    const undone = await server.send('POST', '/api/logs/cleanup/undo')
    expect(undone.body).toMatchObject({ message: 'Restored 40 log entries', data: { restored_count: 40 } })
    expect(await total()).toBe(42)
    expect((await server.send('POST', '/api/logs/cleanup/undo')).status).toBe(404)
  })

  it('shows what the settings would remove, and removes it', async () => {
    await ingest([
      ...records(20, { timestamp: ago(100), level: 'DEBUG' }),
      ...records(3, { timestamp: ago(100), level: 'ERROR' }),
    ])
    await server.send('PUT', '/api/settings', { retention_by_level: { debug: 2, ERROR: 90 } })
    const plan = await server.get('/api/logs/retention')
    expect(plan.body.data.would_delete).toBe(20)
    expect(plan.body.data.partitions).toHaveLength(1)
    const done = await server.send('POST', '/api/logs/retention')
    expect(done.body.data).toEqual({ deleted_count: 20 })
    expect(await total()).toBe(3)
    await server.send('PUT', '/api/settings', { retention_by_level: {} })
  })

  it('tells what other rules would remove before they are in force', async () => {
    await ingest([...records(20, { timestamp: ago(100), level: 'DEBUG' }), ...records(3, {})])
    const preview = (rules: object) => server.send('POST', '/api/logs/retention/preview', rules)
    expect((await preview({ retention_days: 3 })).body.data).toMatchObject({ would_delete: 20 })
    expect((await preview({ retention_by_level: { debug: 5 } })).body.data).toMatchObject({ would_delete: 0 })
    expect((await preview({ retention_max_bytes: 1 })).body.data.partitions).toContainEqual(
      expect.objectContaining({ reason: 'size' }),
    )
    expect((await server.get('/api/settings')).body.data.settings.retention_days).toBe(30)
    expect(await total()).toBe(23)
    for (const [rules, sentence] of [
      [{ retention_days: -1 }, /^retention_days must be/],
      [{ log_level: 'INFO' }, /^log_level is not a setting\. Settings: retention_days, /],
    ] as const) {
      const { status, body } = await preview(rules)
      expect([status, body.message]).toEqual([400, expect.stringMatching(sentence)])
    }
  })

  it('deletes by filter what the preview showed, and nothing when more match by then', async () => {
    await ingest([...records(12, { message: 'the word hunter2' }), ...records(4, {})])
    const preview = (await server.send('POST', '/api/logs/delete/preview', { search: 'hunter2' })).body.data
    expect(preview.rows).toBe(12)
    const tooFew = await server.send('POST', '/api/logs/delete', {
      ...preview.filters_applied,
      confirm_rows: 11,
    })
    expect(tooFew.status).toBe(409)
    const done = await server.send('POST', '/api/logs/delete', {
      ...preview.filters_applied,
      confirm_rows: 12,
    })
    expect(done.body.data).toEqual({ deleted_count: 12 })
    expect(await total()).toBe(4)
    const { entries } = (await server.get('/api/audit?action=logs.delete')).body.data
    // Nor does the password stay there.
    expect(JSON.stringify(entries)).not.toContain('hunter2')
    expect(entries[0].after).toEqual({
      filters: { search_characters: 7, end_date: preview.filters_applied.end_date },
      ...{ confirmed_rows: 12, deleted_count: 12 },
    })
  })

  it('deletes nothing when more came to match while it waited for its turn', async () => {
    await ingest(records(3, { source: 'leak', timestamp: ago(2) }))
    const preview = (await server.send('POST', '/api/logs/delete/preview', { source: 'leak' })).body.data
    const endTurn = await takeTurn()
    const begun = async () =>
      (await server.get('/api/audit?action=logs.delete.started')).body.data.entries.length
    const before = await begun()
    const deleting = server.send('POST', '/api/logs/delete', { ...preview.filters_applied, confirm_rows: 3 })
    await expect.poll(begun).toBe(before + 1)
    await ingest(records(2, { source: 'leak', timestamp: ago(1) }))
    await endTurn()
    expect(await deleting).toMatchObject({ status: 409, body: { code: 'CONFLICT' } })
    expect(await total('&source=leak')).toBe(5)
  })

  it('leaves connections to all others while many wait to delete', async () => {
    await ingest(records(5, {}))
    const endTurn = await takeTurn()
    const { pool } = server.database.database
    const waiting = Array.from({ length: pool.options.max + 5 }, () =>
      server.send('DELETE', '/api/logs/cleanup?days_to_keep=300'),
    )
    const begun = '/api/audit?action=logs.cleanup.started&limit=50'
    await expect
      .poll(async () => (await server.get(begun)).body.data.entries.length)
      .toBeGreaterThanOrEqual(waiting.length)
    expect(await total()).toBe(5)
    await endTurn()
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(waiting.map(() => 200))
  }, 60_000)

  it.each([
    ['/api/logs/delete/preview', {}, 'at least one filter'],
    ['/api/logs/delete/preview', { end_date: ago(1) }, 'at least one filter'],
    ['/api/logs/delete', { search: 'x' }, 'confirm_rows is required'],
    ['/api/logs/delete', { serach: 'x', confirm_rows: 1 }, 'serach is not a known field'],
  ])('refuses %s with %j', async (path, body, sentence) => {
    const answer = await server.send('POST', path, body)
    expect(answer.status).toBe(400)
    expect(answer.body.message).toContain(sentence)
  })

  it.each([
    [{ retention_by_level: { LOUD: 3 } }, 'Invalid log level'],
    [{ retention_by_level: { DEBUG: -1 } }, 'retention_by_level.DEBUG must be a whole number of days from 0'],
    [{ retention_by_source: { api: 40_000 } }, '36500'],
    [{ retention_by_source: [1] }, 'retention_by_source must be an object'],
    [{ retention_max_bytes: '10 GB' }, 'retention_max_bytes must be a whole number of bytes'],
    [{ disk_reserve_bytes: -5 }, 'disk_reserve_bytes must be a whole number of bytes'],
  ])('refuses the settings %j', async (settings, sentence) => {
    const answer = await server.send('PUT', '/api/settings', settings)
    expect(answer.status).toBe(400)
    expect(answer.body.message).toContain(sentence)
  })

  it('deletes a camera: gone from the list, its logs kept without it, then a stranger', async () => {
    await ingest(records(6, { camera_id: 7, source: 'camera_7' }))
    await ingest(records(2, { camera_id: 8, source: 'worker' }))
    for (const id of [7, 8]) {
      expect((await server.send('DELETE', `/api/cameras/${id}`)).body.data.camera).toEqual({
        id,
        name: `Camera ${id}`,
      })
    }
    expect((await server.send('DELETE', '/api/cameras/7')).status).toBe(404)
    expect((await server.get('/api/cameras')).body.data.total_cameras).toBe(0)
    const of7 = (await server.get('/api/logs/cameras/7')).body.data
    expect(of7.count).toBe(6)
    expect(of7.logs[0].camera_id).toBeNull()
    expect((await server.get('/api/logs/cameras/8')).status).toBe(404)
    expect((await server.get('/api/logs/stats')).body.data.summary.unique_cameras).toBe(0)
    expect(await total('&camera_id=8')).toBe(0)
    const add = async () => (await server.send('POST', '/api/cameras', { id: 8, name: 'New' })).status
    await expect.poll(add).toBe(201)
    expect((await server.get('/api/logs/cameras/8')).body.data.count).toBe(0)
  })
})
