// Retention removes exactly the previewed lines: by source, by days and by size, one after the other.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'

const SECOND = 1000
const DAY = 86_400 * SECOND
/** Days ago at which a line can go lie in the middle between two lines, a minute and a half from each. */
const STEP = 216 * SECOND
const DAYS = 6

const began = Date.now()
type Line = { timestamp: string; source: string; level: string; message: string }
let stored: Line[] = Array.from({ length: (DAYS * DAY) / STEP }, (_, index) => ({
  timestamp: new Date(began - (index + 0.5) * STEP).toISOString(),
  source: index % 2 === 0 ? 'noise' : index % 8 === 1 ? 'audit' : 'api',
  level: index % 3 === 0 ? 'ERROR' : 'INFO',
  message: `${index} ${'long '.repeat(300)}`,
}))

const isOlder = ({ timestamp }: Line, days: number) => Date.parse(timestamp) < began - days * DAY

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
  await server.send('PUT', '/api/settings', { retention_days: 0 })
  await server.send('POST', '/api/logs', stored, { 'x-import': 'true' })
  const { pool } = server.database.database
  // Sizes stay as they are: nobody builds indexes meanwhile, or vacuums.
  await pool.query('update log_partitions set closed_at = now(), indexed_at = now()')
  for (const { name } of await partitions())
    await pool.query(`alter table ${name} set (autovacuum_enabled = off)`)
})

afterAll(() => server.close())

type Table = { name: string; start: string; rows: number; bytes: number }

/** The partitions, oldest first. */
async function partitions(): Promise<Table[]> {
  const { pool } = server.database.database
  const { rows } = await pool.query<{ name: string; start: string; bytes: number }>(
    `select name, lower as start, pg_total_relation_size(to_regclass(name))::bigint as bytes
    from log_partitions where detached_at is null order by lower`,
  )
  const counted = rows.map(async (table) => {
    const counts = await pool.query<{ rows: number }>(`select count(*) as rows from ${table.name}`)
    return { ...table, rows: counts.rows[0]?.rows ?? 0 }
  })
  return Promise.all(counted)
}

const total = async () => (await server.get('/api/logs?limit=1')).body.data.pagination.total_items

type Planned = { start: string; action: string; reason: string; rows: number; bytes: number }

/** Pages that every index has, however few its rows. */
const PAGES_OF_A_TABLE = 128 * 1024

/**
 * The freed bytes of a rewritten table are estimated by the share of the rows that go. Rows copied in at once may have
 * made their table longer by half a megabyte than needed, which is then freed too.
 */
function expectAbout(told: number, freed: number): void {
  expect(told).toBeGreaterThan(freed / 2)
  expect(told).toBeLessThan(freed + PAGES_OF_A_TABLE)
}

/** Previews, does it, and compares; the actions it took. `goes` says which lines are to go. */
async function previewAndRun(rules: object, goes: (line: Line) => boolean): Promise<string[]> {
  const preview = (await server.send('POST', '/api/logs/retention/preview', rules)).body.data
  await server.send('PUT', '/api/settings', rules)
  const before = await partitions()
  const plan = (await server.get('/api/logs/retention')).body.data
  expect(plan).toEqual(preview)
  const planned: Planned[] = plan.partitions
  expect(plan.would_free_bytes).toBe(planned.reduce((sum, { bytes }) => sum + bytes, 0))

  const kept = stored.filter((line) => !goes(line))
  expect(plan.would_delete).toBe(stored.length - kept.length)
  const done = await server.send('POST', '/api/logs/retention')
  expect(done.body.data.deleted_count).toBe(plan.would_delete)
  stored = kept
  expect(await total()).toBe(kept.length)

  const after = await partitions()
  for (const table of before) {
    const of = planned.find(({ start }) => start === table.start)
    const left = after.find(({ start }) => start === table.start)
    expect(table.rows - (left?.rows ?? 0), table.name).toBe(of?.rows ?? 0)
    if (of?.action === 'drop') expect([left, of.bytes]).toEqual([undefined, table.bytes])
    else if (of?.action === 'rewrite') expectAbout(of.bytes, table.bytes - (left?.bytes ?? 0))
    else expect([left?.bytes, of?.bytes ?? 0]).toEqual([table.bytes, 0])
  }
  const again = (await server.get('/api/logs/retention')).body.data
  expect(again).toEqual({ would_delete: 0, would_free_bytes: 0, partitions: [] })
  return planned.map(({ action, reason }) => `${action} by ${reason}`)
}

it('by source', async () => {
  const rules = { retention_by_source: { noise: 2 } }
  const actions = await previewAndRun(rules, (line) => line.source === 'noise' && isOlder(line, 2))
  expect(actions).toContain('rewrite by age')
})

it('by days, with a source that is kept for ever', async () => {
  const rules = { retention_days: 5, retention_by_source: { audit: 0 } }
  const actions = await previewAndRun(rules, (line) => line.source !== 'audit' && isOlder(line, 5))
  expect(new Set(actions)).not.toContain('drop by age')
})

it('by days alone', async () => {
  const rules = { retention_days: 4, retention_by_source: {} }
  const actions = await previewAndRun(rules, (line) => isOlder(line, 4))
  expect(actions).toContain('drop by age')
})

it('by size', async () => {
  const tables = await partitions()
  const [oldest, next] = tables as [Table, Table]
  const rules = {
    retention_days: 0,
    retention_max_bytes: tables.reduce((sum, { bytes }) => sum + bytes, -oldest.bytes),
  }
  const actions = await previewAndRun(rules, ({ timestamp }) => timestamp < next.start)
  expect(actions).toEqual(['drop by size'])
})

it('by days to keep of a cleanup', async () => {
  const before = await partitions()
  const preview = (await server.get('/api/logs/cleanup?days_to_keep=1')).body.data
  const { deleted_count } = (await server.send('DELETE', '/api/logs/cleanup?days_to_keep=1')).body.data
  const kept = stored.filter((line) => !isOlder(line, 1))
  expect(preview.would_delete).toBe(deleted_count)
  expect(deleted_count).toBe(stored.length - kept.length)
  expect(await total()).toBe(kept.length)
  const sizeOf = (tables: Table[]) => tables.reduce((sum, { bytes }) => sum + bytes, 0)
  expectAbout(preview.would_free_bytes, sizeOf(before) - sizeOf(await partitions()))
})
