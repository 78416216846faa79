import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { foldCounts } from '../../src/store/counts/count-folding.ts'
import { LogOperations } from '../../src/store/log-operations.ts'
import { UndoRunning } from '../../src/store/removal/clear.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { DAY, spread, whileWriting } from './some-records.ts'
import { expectExactCounts } from './stored-counts.ts'

let database: TestDatabase
let logs: LogOperations
let pool: TestDatabase['database']['pool']

beforeEach(async () => {
  database = await createTestDatabase()
  pool = database.database.pool
  logs = new LogOperations({ pool, settings: new SettingsStore(pool) })
  const now = Date.now()
  await logs.addLogEntries(spread(5000, now - 40 * DAY, now))
  await foldCounts(pool)
})

afterEach(async () => {
  await logs.close()
  await database.close()
})

const countRows = async () =>
  (await pool.query<{ rows: number }>('select count(*) as rows from logs')).rows[0]?.rows

const contents = async () => (await pool.query('select * from logs order by timestamp, id')).rows

const relations = async () =>
  (
    await pool.query<{ name: string }>(
      `select relname as name from pg_class where relname like 'log%' and relkind in ('r', 'p', 'i', 'I') order by 1`,
    )
  ).rows.map(({ name }) => name)

describe('clearing everything', () => {
  it('takes exactly what was there while others write; neither loses nor miscounts what they write', async () => {
    const { result, written } = await whileWriting(logs, 3 * DAY, () => logs.clearLogs())
    expect(result.rows + Number(await countRows())).toBe(5000 + written)
    await expectExactCounts(pool)
  })

  it('is undone with everything written since, row by row and count by count', async () => {
    const before = await contents()
    await logs.clearLogs()
    expect(await countRows()).toBe(0)
    const { written } = await whileWriting(logs, 60 * DAY, async () => {
      await foldCounts(pool)
      expect((await logs.undoClear())?.rows).toBe(5000)
    })
    const after = await contents()
    expect(after.length).toBe(5000 + written)
    const ids = new Set(after.map(({ id }) => id))
    expect(ids.size).toBe(after.length)
    const kept = new Set(before.map(({ id }) => id))
    expect(after.filter(({ id }) => kept.has(id))).toEqual(before)
    await expectExactCounts(pool)
    await logs.addLogEntries(spread(100, Date.now() - 50 * DAY, Date.now()))
    await expectExactCounts(pool)
  })

  it('is undone after an undo that failed at its end, everything written since once', {
    tags: ['long'],
  }, async () => {
    await logs.clearLogs()
    await logs.addLogEntries(spread(300, Date.now() - 40 * DAY, Date.now()))
    // By then the new rows are copied.
    await pool.query('alter table log_counts_pending_c1 rename to elsewhere')
    await expect(logs.undoClear()).rejects.toThrow('log_counts_pending_c1')
    await pool.query('alter table elsewhere rename to log_counts_pending_c1')
    await logs.addLogEntries(spread(50, Date.now() - 90 * DAY, Date.now()))
    expect(await logs.deleteMatching({ visibility: { cameras: null }, sources: ['camera_0'] })).toBe(117)
    expect((await logs.undoClear())?.rows).toBe(5000)
    expect(await countRows()).toBe(5233)
    expect((await relations()).filter((name) => /_c\d+$/.test(name))).toEqual([])
    await expectExactCounts(pool)
  })

  it('leaves tables and indexes under the names they had', async () => {
    const names = (await relations()).filter((name) => !/^logs_\d/.test(name))
    await logs.clearLogs()
    const cleared = await relations()
    expect(cleared).toEqual(expect.arrayContaining(names))
    await logs.undoClear()
    expect((await relations()).filter((name) => !/^logs_\d/.test(name))).toEqual(names)
    const options = await pool.query(`select reloptions from pg_class where relname = 'log_counts_minute'`)
    expect(options.rows[0]?.reloptions).toEqual(['fillfactor=80'])
  })

  it('is undone clear by clear, the last one first', async () => {
    await logs.clearLogs()
    await logs.addLogEntries(spread(200, Date.now() - DAY, Date.now()))
    await logs.clearLogs()
    await logs.addLogEntries(spread(30, Date.now() - DAY, Date.now()))
    expect((await logs.undoClear())?.rows).toBe(200)
    expect(await countRows()).toBe(230)
    expect((await logs.undoClear())?.rows).toBe(5000)
    expect(await countRows()).toBe(5230)
    expect(await logs.undoClear()).toBeUndefined()
    await expectExactCounts(pool)
  })

  it('is kept ten minutes and then dropped for good', async () => {
    await logs.clearLogs()
    expect(await logs.dropCleared()).toBe(0)
    await pool.query(`update log_clears set cleared_at = cleared_at - interval '10 minutes'`)
    expect(await logs.undoClear()).toBeUndefined()
    expect(await logs.dropCleared()).toBe(1)
    expect((await relations()).filter((name) => /_c\d+|^logs_\d/.test(name))).toEqual([])
    expect((await pool.query('select name from log_partitions')).rows).toEqual([])
    await logs.addLogEntries(spread(10, Date.now() - DAY, Date.now()))
    expect(await countRows()).toBe(10)
  })

  it('is refused while an undo runs', async () => {
    await logs.clearLogs()
    const holder = await pool.connect()
    await holder.query('select pg_advisory_lock(7469005)')
    await expect(logs.clearLogs()).rejects.toThrow(UndoRunning)
    await holder.query('select pg_advisory_unlock(7469005)')
    holder.release()
  })
})
