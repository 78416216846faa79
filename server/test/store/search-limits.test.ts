import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fromMillis } from '../../src/store/database/timestamp.ts'
import type { LogFilter } from '../../src/store/filter/log-filter.ts'
import type { SearchNode } from '../../src/store/filter/search-conditions.ts'
import { LogOperations } from '../../src/store/log-operations.ts'
import { type LogSlice, readLogPage } from '../../src/store/reading/log-pages.ts'
import { SearchTooLong } from '../../src/store/reading/search-rows.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

const ROWS = 30_000
const START = Date.parse('2026-05-01T00:00:00Z')
const DAYS_MS = 3 * 86_400_000

let database: TestDatabase
let logs: LogOperations
/** A store whose searches run out of time soon. */
let hurried: LogOperations
let firstId: number

beforeAll(async () => {
  database = await createTestDatabase()
  const { pool } = database.database
  const settings = new SettingsStore(pool)
  logs = new LogOperations({ pool, settings, pageTotalBudgetMs: 30_000 })
  hurried = new LogOperations({ pool, settings, searchBudgetMs: 40 })
  const { first_id } = await logs.addLogEntries(
    Array.from({ length: ROWS }, (_, index) => ({
      timestamp: fromMillis(START + Math.floor((index / ROWS) * DAYS_MS)),
      level: 'INFO' as const,
      message: `capture ${index} ${index % 1000 === 7 ? 'zq walnut' : ''} ${'frame '.repeat(80)}${index === 5 ? 'needle-x1' : ''}`,
      source: 'worker',
      logger_name: null,
      camera_id: null,
      extra_data: null,
    })),
  )
  firstId = first_id ?? 0
  await pool.query('analyze logs')
})

afterAll(async () => {
  await logs.close()
  await hurried.close()
  await database.close()
})

const all = (q: SearchNode): LogFilter => ({ visibility: { cameras: null }, q })
const zq = all({ kind: 'text', text: 'zq' })
const idsOf = (from: number, step: number) =>
  Array.from({ length: ROWS / step }, (_, index) => firstId + from + index * step)

describe('a search that runs out of time', () => {
  it.each(['newest', 'oldest'] as const)(
    'goes on from where it stopped, %s first, and loses nothing',
    async (order) => {
      const found: number[] = []
      const stops: string[] = []
      let slice: LogSlice =
        order === 'newest'
          ? { offset: 0, limit: 100 }
          : { beyond: { timestamp: '2026-01-01T00:00:00Z', id: 0 }, order, limit: 100 }
      for (;;) {
        const page = await hurried.read(readLogPage, zq, undefined, slice)
        found.push(...page.rows.map(({ id }) => id))
        if (!page.stopped_at) break
        expect(page.total.is_exact).toBe(false)
        expect(page.total.total).toBeLessThanOrEqual(ROWS / 1000)
        stops.push(page.stopped_at.timestamp)
        slice = { beyond: page.stopped_at, order, limit: 100 }
      }
      const expected = idsOf(7, 1000)
      expect(found).toEqual(order === 'newest' ? expected.reverse() : expected)
      expect(stops.length).toBeGreaterThan(0)
      expect(stops.toSorted()).toEqual(order === 'newest' ? stops.toReversed() : stops)
    },
  )

  it('has searched everything down to where it says', async () => {
    const { rows, stopped_at } = await hurried.read(readLogPage, zq, undefined, { offset: 0, limit: 100 })
    const { rows: all } = await logs.read(readLogPage, zq, undefined, { offset: 0, limit: 100 })
    expect(rows).toEqual(all.slice(0, rows.length))
    const next = all[rows.length]
    if (next) expect(Date.parse(next.timestamp)).toBeLessThanOrEqual(Date.parse(stopped_at?.timestamp ?? ''))
  })

  it.each([
    // None of them has the time to look at anything.
    ['newest', 'its end', { end: fromMillis(START + DAYS_MS / 2) }],
    ['oldest', 'its start', { start: fromMillis(START + DAYS_MS / 2) }],
    ['newest', 'nothing', {}],
  ] as const)(
    '%s first, with no time at all, has searched %s, and goes on with the very row there',
    async (order, _, range) => {
      const { pool } = database.database
      const rushed = new LogOperations({ pool, settings: new SettingsStore(pool), searchBudgetMs: 1 })
      const filter = { ...all({ kind: 'text', text: 'capture' }), ...range }
      const beyond = {
        timestamp: order === 'newest' ? '2099-01-01T00:00:00Z' : '2000-01-01T00:00:00Z',
        id: 0,
      }
      const { rows, stopped_at } = await rushed.read(readLogPage, filter, undefined, {
        beyond,
        order,
        limit: 3,
      })
      expect(rows).toEqual([])
      const edge = 'end' in range ? range.end : 'start' in range ? range.start : undefined
      if (edge !== undefined) expect(stopped_at?.timestamp).toBe(edge)
      const rest = await logs.read(readLogPage, filter, undefined, {
        beyond: stopped_at ?? beyond,
        order,
        limit: 3,
      })
      const whole = await logs.read(readLogPage, filter, undefined, { beyond, order, limit: 3 })
      expect(whole.rows).toHaveLength(3)
      if (edge !== undefined) expect(whole.rows[0]?.timestamp).toBe(edge)
      expect(rest.rows).toEqual(whole.rows)
      await rushed.close()
    },
  )

  it('looks at the end of the range after scans that took too long, not beyond it', async () => {
    const { pool } = database.database
    const patient = new LogOperations({ pool, settings: new SettingsStore(pool), searchBudgetMs: 800 })
    // The partition goes on for 23 hours.
    const filter = { ...all({ kind: 'text', text: 'ap' }), end: fromMillis(START + 3_600_000) }
    const read = () => patient.getLogs(filter, { offset: 0, limit: 1 })
    const rows = await read()
    const blocker = await pool.connect()
    let statements = 0
    const count = () => {
      statements++
      if (statements === 3) void blocker.query('rollback')
    }
    try {
      await blocker.query('begin; lock table logs in access exclusive mode')
      pool.on('acquire', count)
      expect(await read()).toEqual(rows)
    } finally {
      pool.off('acquire', count)
      await blocker.query('rollback')
      blocker.release()
      await patient.close()
    }
    expect(rows).toHaveLength(1)
    // Two that waited for the lock; from the end of the partition on it would be seven.
    expect(statements).toBeLessThanOrEqual(5)
  })

  it('is an error where only the whole answer would do', async () => {
    const nowhere = all({ kind: 'text', text: 'qz' })
    await expect(hurried.getLogs(nowhere, { offset: 0, limit: 1 })).rejects.toBeInstanceOf(SearchTooLong)
    expect(await hurried.countLogs(nowhere)).toEqual({ total: 0, is_exact: false })
  })

  it('is complete and exact with time enough', async () => {
    const page = await logs.read(readLogPage, zq, undefined, { offset: 0, limit: 100 })
    expect(page).toMatchObject({ stopped_at: null, total: { total: ROWS / 1000, is_exact: true } })
    expect(page.rows.map(({ id }) => id)).toEqual(idsOf(7, 1000).reverse())
  })
})

describe('a search', () => {
  it('finds a rare word in the oldest rows', async () => {
    const page = await logs.read(readLogPage, all({ kind: 'text', text: 'NEEDLE-X1' }), undefined, {
      offset: 0,
      limit: 100,
    })
    expect(page.rows.map(({ id }) => id)).toEqual([firstId + 5])
    expect(page.total).toEqual({ total: 1, is_exact: true })
  })

  it('says "at least" for a word of most rows, and counts it when asked alone', async () => {
    const filter = all({ kind: 'text', text: 'capture' })
    const page = await logs.read(readLogPage, filter, undefined, { offset: 0, limit: 101 })
    expect(page.rows).toHaveLength(101)
    expect(page).toMatchObject({ stopped_at: null, total: { total: 101, is_exact: false } })
    expect(await logs.countLogs(filter)).toEqual({ total: 10_000, is_exact: false })
    expect(await logs.getLogSummary(undefined, filter)).toMatchObject({ total_logs: ROWS })
  })

  it.each([0, 10, 29, 30, 31])('looks a rare word up, after %d others', async (offset) => {
    const filter = all({ kind: 'text', text: 'Walnut' })
    const expected = idsOf(7, 1000).reverse()
    const page = await logs.read(readLogPage, filter, undefined, { offset, limit: 101 })
    expect(page.rows.map(({ id }) => id)).toEqual(expected.slice(offset))
    expect(page.total).toEqual({ total: 30, is_exact: true })
    const beyond = page.rows[4]
    if (!beyond) return
    const newer = await logs.getLogs(filter, { beyond, order: 'oldest', limit: 101 })
    expect(newer.map(({ id }) => id)).toEqual(expected.slice(0, offset + 4).reverse())
  })

  it('skips matches by their number, within a partition and across several', async () => {
    const filter = all({ kind: 'text', text: 'ap' })
    for (const offset of [0, 1999, 2000, 12_345, ROWS - 3, ROWS]) {
      const { rows } = await logs.read(readLogPage, filter, undefined, { offset, limit: 10 })
      const expected = idsOf(0, 1)
        .reverse()
        .slice(offset, offset + 10)
      expect(rows.map(({ id }) => id)).toEqual(expected)
    }
  })
})

describe('an aborted read', () => {
  it('is gone from the server, and its connection serves others', async () => {
    const { pool } = database.database
    const blocker = await pool.connect()
    await blocker.query('begin; lock table logs in access exclusive mode')
    const caller = new AbortController()
    try {
      const reading = logs.read(readLogPage, zq, caller.signal, { offset: 0, limit: 10 })
      await expect.poll(waiting).toBe(1)
      caller.abort()
      await expect(reading).rejects.toMatchObject({ name: 'AbortError' })
      expect(await waiting()).toBe(0)
    } finally {
      await blocker.query('rollback')
      blocker.release()
    }
    const reads = Array.from({ length: 30 }, () =>
      logs.read(readLogPage, zq, undefined, { offset: 0, limit: 1 }),
    )
    for (const { rows } of await Promise.all(reads)) expect(rows).toHaveLength(1)
  })

  it('never begins when the signal has aborted before', async () => {
    await expect(logs.countLogs(zq, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' })
  })

  async function waiting(): Promise<number> {
    const { rows } = await database.database.pool.query<{ running: number }>(`
      select count(*) as running
      from pg_stat_activity
      where datname = current_database() and state = 'active' and wait_event_type = 'Lock'`)
    return rows[0]?.running ?? 0
  }
})
