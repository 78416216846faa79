import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { foldCounts } from '../../src/store/counts/count-folding.ts'
import { openDatabase } from '../../src/store/database/open.ts'
import { LogOperations } from '../../src/store/log-operations.ts'
import { previewMatching } from '../../src/store/removal/delete-matching.ts'
import { cutoffForAll, cutoffsOf } from '../../src/store/removal/retention-policy.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { ago, DAY, HOUR, record, seeWritersPass, spread, whileWriting } from './some-records.ts'
import { expectExactCounts } from './stored-counts.ts'

const KEEP_ALL = { retention_days: 0, retention_by_level: {}, retention_by_source: {} }
const EVERYTHING = { visibility: { cameras: null } }

let database: TestDatabase
let logs: LogOperations
let pool: TestDatabase['database']['pool']

beforeEach(async () => {
  database = await createTestDatabase()
  pool = database.database.pool
  logs = new LogOperations({ pool, settings: new SettingsStore(pool) })
})

afterEach(async () => {
  await logs.close()
  await database.close()
})

/** An hour from here is of one day, whatever the hour of the test. */
const startOfDay = (time: number) => time - (time % DAY)

const countRows = async (condition = 'true') =>
  (await pool.query<{ rows: number }>(`select count(*) as rows from logs where ${condition}`)).rows[0]?.rows

async function partitionSizes(): Promise<Map<string, number>> {
  const { rows } = await pool.query<{ name: string; bytes: number }>(
    'select name, pg_total_relation_size(to_regclass(name))::bigint as bytes from log_partitions',
  )
  return new Map(rows.map(({ name, bytes }) => [name, bytes]))
}

/** The plan and the rows that then go, which have to be the same. */
async function planAndApply(cutoffs: ReturnType<typeof cutoffsOf>, maxBytes = 0) {
  const plan = await logs.planRetention(cutoffs, maxBytes)
  const before = Number(await countRows())
  const result = await logs.applyRetention(cutoffs, maxBytes)
  expect(result.deleted_count).toBe(before - Number(await countRows()))
  expect(plan.reduce((sum, { rows }) => sum + rows, 0)).toBe(result.deleted_count)
  await expectExactCounts(pool)
  return { plan, result }
}

describe('retention', () => {
  it('drops whole partitions and thins the one that holds the cut-off', async () => {
    const now = Date.now()
    await logs.addLogEntries(spread(6000, now - 6 * DAY, now))
    await foldCounts(pool)
    const { result } = await planAndApply(cutoffsOf({ ...KEEP_ALL, retention_days: 3 }, now))
    expect(result.dropped_partitions).toBeGreaterThanOrEqual(2)
    expect(result.deleted_count).toBeGreaterThan(2900)
    expect(result.deleted_count).toBeLessThanOrEqual(3001)
  })

  it('keeps a level for as long as it has a setting of its own', async () => {
    const now = Date.now()
    await logs.addLogEntries(spread(4000, now - 8 * DAY, now))
    const kept = `level = 'INFO' and timestamp >= to_timestamp(${(now - 5 * DAY) / 1000})`
    const before = await countRows(kept)
    const cutoffs = cutoffsOf(
      { ...KEEP_ALL, retention_days: 5, retention_by_level: { DEBUG: 2, ERROR: 90 } },
      now,
    )
    await planAndApply(cutoffs)
    const older = (days: number) =>
      `timestamp < to_timestamp(${(now - days * DAY) / 1000}) - interval '1 minute'`
    expect(await countRows("level = 'ERROR'")).toBe(1000)
    expect(await countRows(`level = 'DEBUG' and ${older(2)}`)).toBe(0)
    expect(await countRows(`level = 'INFO' and ${older(5)}`)).toBe(0)
    expect(await countRows(kept)).toBe(before)
  })

  it("goes by the source's setting before the level's", async () => {
    const old = ago(10 * DAY)
    await logs.addLogEntries([
      record({ timestamp: old, source: 'api', level: 'DEBUG' }),
      record({ timestamp: old, source: 'system', level: 'DEBUG' }),
      record({ timestamp: old, source: 'noise', level: 'ERROR' }),
      record({ timestamp: old, source: 'system', level: 'ERROR' }),
    ])
    const by = { retention_by_level: { DEBUG: 3, ERROR: 90 }, retention_by_source: { api: 0, noise: 1 } }
    await planAndApply(cutoffsOf({ retention_days: 30, ...by }, Date.now()))
    const { rows } = await pool.query('select source, level from logs order by source')
    expect(rows).toEqual([
      { source: 'api', level: 'DEBUG' },
      { source: 'system', level: 'ERROR' },
    ])
  })

  it('keeps what is kept for ever however old the rest of its partition is', async () => {
    const old = Date.now() - 100 * DAY
    await logs.addLogEntries(spread(400, old, old + HOUR))
    await planAndApply(
      cutoffsOf({ ...KEEP_ALL, retention_days: 30, retention_by_level: { ERROR: 0 } }, Date.now()),
    )
    expect([await countRows(), await countRows("level = 'ERROR'")]).toEqual([100, 100])
  })

  it('writes a partition anew when over a third of it goes, late rows and all, while others write to it', {
    tags: ['long'],
  }, async () => {
    const now = Date.now()
    await logs.addLogEntries(
      spread(20_000, now - 4 * DAY, now - 2 * DAY, ['DEBUG', 'DEBUG', 'DEBUG', 'ERROR']),
    )
    const cutoffs = cutoffsOf({ ...KEEP_ALL, retention_by_level: { DEBUG: 1 } }, now)
    const errors = await countRows("level = 'ERROR'")
    const { result, written, meanwhile } = await whileWriting(logs, 4 * DAY, () =>
      logs.applyRetention(cutoffs, 0),
    )
    expect(result.rewritten_partitions).toBeGreaterThanOrEqual(2)
    expect(result.deleted_count).toBe(15_000)
    expect(await countRows("level = 'ERROR'")).toBe(errors)
    expect(await countRows("level = 'INFO'")).toBe(written)
    // Two batches, which would wait for its end, and more.
    expect(meanwhile).toBeGreaterThan(200)
    await expectExactCounts(pool)
    const indexes = await pool.query<{ missing: number }>(`
      select count(*) as missing
      from pg_inherits i
      cross join pg_index p
      where i.inhparent = 'logs'::regclass and p.indrelid = 'logs'::regclass
        and not exists (
          select from pg_inherits child join pg_index c on c.indexrelid = child.inhrelid
          where child.inhparent = p.indexrelid and c.indrelid = i.inhrelid and c.indisvalid)`)
    expect(indexes.rows[0]?.missing).toBe(0)
  })

  it.each([
    ['writes anew', { retention_by_level: { DEBUG: 1 } }],
    ['drops', { retention_days: 5 }],
  ])(
    'ends the index build of a partition that it %s, whose end everyone would wait for',
    async (_, rules) => {
      const old = startOfDay(Date.now() - 10 * DAY)
      await logs.addLogEntries(spread(300, old, old + HOUR, ['DEBUG', 'DEBUG', 'ERROR']))
      const [partition] = await logs.partitions.overlapping(ago(11 * DAY), ago(9 * DAY))
      const builder = await pool.connect()
      await builder.query('begin')
      await builder.query('set local statement_timeout = 0')
      // The lock that a concurrent build holds from its beginning to its end.
      await builder.query(`lock table ${partition?.name} in share update exclusive mode`)
      const building = expect(builder.query('select pg_sleep(600)')).rejects.toThrow('canceling statement')
      const result = await logs.applyRetention(cutoffsOf({ ...KEEP_ALL, ...rules }, Date.now()), 0)
      expect(result.deleted_count).toBeGreaterThanOrEqual(200)
      await building
      await builder.query('rollback')
      builder.release()
      await expectExactCounts(pool)
    },
  )

  it('frees by level whatever limits the administrator set for all sessions', {
    tags: ['long'],
  }, async () => {
    const { database: name } = database.connection
    await logs.addLogEntries(spread(20_000, Date.now() - 4 * DAY, Date.now() - 2 * DAY, ['DEBUG', 'ERROR']))
    const limits = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout']
    if (database.major >= 17) limits.push('transaction_timeout')
    // Enough to connect on a busy machine, and less than the rewriting takes.
    for (const limit of limits) await pool.query(`alter database ${name} set ${limit} = '50ms'`)
    const limited = await openDatabase({ connection: database.connection })
    const other = new LogOperations({ pool: limited.pool, settings: new SettingsStore(limited.pool) })
    try {
      const cutoffs = cutoffsOf({ ...KEEP_ALL, retention_by_level: { DEBUG: 1 } }, Date.now())
      const { deleted_count, rewritten_partitions } = await other.applyRetention(cutoffs, 0)
      expect({ deleted_count, isRewritten: rewritten_partitions > 0 }).toEqual({
        deleted_count: 10_000,
        isRewritten: true,
      })
    } finally {
      await other.close()
      await limited.close()
    }
  })

  it('gives the new partition the indexes that only the old one had', async () => {
    const old = startOfDay(Date.now() - 10 * DAY)
    await logs.addLogEntries(spread(300, old, old + HOUR))
    const [partition] = await logs.partitions.overlapping(ago(11 * DAY), ago(9 * DAY))
    const index = `${partition?.name}_extra`
    await pool.query(`drop index if exists ${index}`)
    await pool.query(`create index ${index} on ${partition?.name} using gin (extra_data jsonb_path_ops)`)
    await pool.query('update log_partitions set closed_at = now(), indexed_at = now()')
    const cutoffs = cutoffsOf({ ...KEEP_ALL, retention_by_level: { INFO: 3 } }, Date.now())
    expect((await logs.applyRetention(cutoffs, 0)).rewritten_partitions).toBe(1)
    const { rows } = await pool.query(
      `select p.indexed_at is not null as is_indexed, i.indrelid = to_regclass(p.name) as is_there
      from log_partitions p
      left join pg_index i on i.indexrelid = to_regclass($1)
      where p.name = $2`,
      [index, partition?.name],
    )
    expect(rows).toEqual([{ is_indexed: true, is_there: true }])
    await expectExactCounts(pool)
  })

  it('leaves no partition behind where nothing stays', async () => {
    const old = startOfDay(Date.now() - 10 * DAY)
    await logs.addLogEntries(spread(300, old, old + HOUR, ['DEBUG']))
    await planAndApply(cutoffsOf({ ...KEEP_ALL, retention_by_level: { DEBUG: 3 } }, Date.now()))
    expect(await logs.partitions.overlapping(undefined, ago(9 * DAY))).toEqual([])
  })

  it('drops the oldest until the rest fits the budget, and never what is being written', async () => {
    const now = Date.now()
    // Rows of today as well, right after midnight too.
    await logs.addLogEntries([...spread(3000, now - 5 * DAY, now), ...spread(10, now, now + 10)])
    const none = cutoffsOf(KEEP_ALL, now)
    const all = [...(await partitionSizes()).values()].reduce((sum, bytes) => sum + bytes, 0)
    expect((await planAndApply(none, all)).plan).toEqual([])
    const { plan } = await planAndApply(none, Math.floor(all * 0.6))
    expect(plan.length).toBeGreaterThanOrEqual(2)
    expect(plan.every(({ action, reason }) => action === 'drop' && reason === 'size')).toBe(true)
    await planAndApply(none, 1)
    expect(Number(await countRows())).toBeGreaterThan(0)
  })

  it('goes by age and by the budget in one run: the oldest first, and longer-kept levels alone within it', {
    tags: ['long'],
  }, async () => {
    const now = Date.now()
    await logs.addLogEntries(spread(16_000, now - 8 * DAY, now))
    // A vacuum would add to their sizes between one look at them and the next.
    for (const { name } of await logs.partitions.list())
      await pool.query(`alter table ${name} set (autovacuum_enabled = off)`)
    const rules = { retention_days: 5, retention_by_level: { DEBUG: 2, ERROR: 90 } }
    const cutoffs = cutoffsOf({ ...KEEP_ALL, ...rules }, now)
    const byAge = await logs.planRetention(cutoffs, 0)
    expect(byAge.some(({ action }) => action === 'rewrite')).toBe(true)
    // The size without the oldest two.
    const sizes = await partitionSizes()
    const left = (name: string) =>
      (sizes.get(name) ?? 0) - (byAge.find(({ partition }) => partition.name === name)?.bytes ?? 0)
    const [first, second, ...others] = (await logs.partitions.list()).toReversed()
    const budget = others.reduce((sum, { name }) => sum + left(name), left(second?.name ?? '') - 1)
    const bound = others[0]?.lower ?? ''
    const of = (level: string, from: string) => `level = '${level}' and timestamp >= '${from}'`
    const kept = {
      ERROR: await countRows(of('ERROR', bound)),
      INFO: await countRows(of('INFO', cutoffs.general ?? '')),
      DEBUG: await countRows(of('DEBUG', cutoffs.levels.DEBUG ?? '')),
    }

    const { plan, result } = await planAndApply(cutoffs, budget)
    const bySize = plan.filter(({ reason }) => reason === 'size')
    expect(bySize.map(({ action, partition }) => [action, partition.name])).toEqual([
      ['drop', first?.name],
      ['drop', second?.name],
    ])
    expect(plan.map(({ partition }) => partition.lower)).toEqual(
      plan.map(({ partition }) => partition.lower).toSorted(),
    )
    expect(result.dropped_partitions).toBe(2)
    expect(result.rewritten_partitions).toBeGreaterThanOrEqual(1)
    const { rows } = await pool.query<{ level: string; rows: number }>(
      'select level, count(*) as rows from logs group by level',
    )
    expect(Object.fromEntries(rows.map((row) => [row.level, row.rows]))).toEqual(kept)
    expect(await countRows(`timestamp < '${bound}'`)).toBe(0)

    // The estimate may be a page off; the run after it measures the result, and has then nothing left to do.
    await planAndApply(cutoffs, budget)
    expect(await logs.planRetention(cutoffs, budget)).toEqual([])
    const bytes = [...(await partitionSizes()).values()].reduce((sum, size) => sum + size, 0)
    expect(bytes).toBeLessThanOrEqual(budget)
  })

  it.each([
    ['drops', { retention_days: 3 }],
    ['writes anew', { retention_by_level: { DEBUG: 1, INFO: 1 } }],
  ])('%s under somebody who reads for long, and holds nobody up meanwhile', async (_, rules) => {
    const old = startOfDay(Date.now() - 10 * DAY)
    await logs.addLogEntries(spread(400, old, old + HOUR))
    const reader = await database.database.connect()
    await reader.query('begin')
    await reader.query('select count(*) from logs')
    const applying = logs.applyRetention(cutoffsOf({ ...KEEP_ALL, ...rules }, Date.now()), 0)
    let isDone = false
    applying.then(() => (isDone = true)).catch(() => undefined)
    await whileWriting(logs, 0, (written) => seeWritersPass(pool, written))
    expect(isDone).toBe(false)
    expect(await countRows(`timestamp < '${ago(9 * DAY)}'`)).toBe(400)
    await reader.query('rollback')
    await reader.end()
    expect((await applying).deleted_count).toBeGreaterThanOrEqual(300)
    await expectExactCounts(pool)
  })

  it('has nothing to do twice', async () => {
    const now = Date.now()
    await logs.addLogEntries(spread(2000, now - 6 * DAY, now))
    await logs.applyRetention(cutoffForAll(ago(3 * DAY)), 0)
    const store = cutoffForAll(ago(3 * DAY + HOUR))
    expect(await logs.planRetention(store, 0)).toEqual([])
    expect((await logs.applyRetention(store, 0)).deleted_count).toBe(0)
  })

  it('runs once at a time, however many ask', { tags: ['long'] }, async () => {
    const now = Date.now()
    await logs.addLogEntries(spread(5000, now - 6 * DAY, now))
    const cutoffs = cutoffForAll(ago(3 * DAY))
    const before = Number(await countRows())
    const results = await Promise.all([0, 1, 2].map(() => logs.applyRetention(cutoffs, 0)))
    const deleted = results.reduce((sum, { deleted_count }) => sum + deleted_count, 0)
    expect(deleted).toBe(before - Number(await countRows()))
    await expectExactCounts(pool)
  })
})

describe('deleting by filter', () => {
  it('deletes what the preview counted and nothing else, while others write', async () => {
    const now = Date.now()
    await logs.addLogEntries(spread(12_000, now - 3 * DAY, now - HOUR))
    const filter = { ...EVERYTHING, search: 'LINE 1', cameras: [1], end: ago(HOUR) }
    const preview = await logs.read(previewMatching, filter, undefined)
    const others = Number(await countRows()) - preview.rows
    const { result, written } = await whileWriting(logs, 3 * DAY, () => logs.deleteMatching(filter))
    expect(preview.rows).toBeGreaterThan(1000)
    expect(result).toBe(preview.rows)
    expect(await countRows()).toBe(others + written)
    expect(await logs.read(previewMatching, filter, undefined)).toEqual({
      rows: 0,
      first_log_at: null,
      last_log_at: null,
    })
    await expectExactCounts(pool)
  })

  it('stops when it is told to, with exact counts of what is left', async () => {
    const now = Date.now()
    await logs.addLogEntries(spread(12_000, now - 3 * DAY, now - HOUR))
    const stop = new AbortController()
    const deleting = logs.deleteMatching({ ...EVERYTHING, search: 'line' }, { signal: stop.signal })
    stop.abort()
    const deleted = await deleting.catch(() => 0)
    expect(await countRows()).toBe(12_000 - deleted)
    await expectExactCounts(pool)
  })
})
