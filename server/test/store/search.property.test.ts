import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PAGE_BYTES } from '../../src/store/database/reader.ts'
import { isCountable } from '../../src/store/filter/log-filter.ts'
import { LogOperations } from '../../src/store/log-operations.ts'
import { readLogPage } from '../../src/store/reading/log-pages.ts'
import { searchRows } from '../../src/store/reading/search-rows.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { randomRuns } from '../support/random-runs.ts'
import { type ModelRow, newestFirst } from './brute-force.ts'
import { finds, searchedRecords, searches } from './search-model.ts'

let database: TestDatabase
let logs: LogOperations
let rows: ModelRow[]

beforeAll(async () => {
  database = await createTestDatabase()
  const { pool } = database.database
  logs = new LogOperations({ pool, settings: new SettingsStore(pool), pageTotalBudgetMs: 30_000 })
  const records = fc.sample(searchedRecords, { numRuns: 300, seed: 7 })
  const { first_id } = await logs.addLogEntries(records)
  rows = newestFirst(records.map((record, index) => ({ ...record, id: (first_id ?? 0) + index })))
})

afterAll(async () => {
  await logs.close()
  await database.close()
})

describe('a search', () => {
  it('finds, counts and pages through what brute force finds', async () => {
    await fc.assert(
      fc.asyncProperty(searches, fc.integer({ min: 0, max: 40 }), async (q, offset) => {
        const filter = { visibility: { cameras: null }, q }
        const expected = rows.filter((row) => finds(q, row)).map(({ id }) => id)
        expect(await logs.countLogs(filter)).toEqual({ total: expected.length, is_exact: true })
        const page = await logs.read(readLogPage, filter, undefined, { offset, limit: 25 })
        expect(page.rows.map(({ id }) => id)).toEqual(expected.slice(offset, offset + 25))
        expect(page).toMatchObject({ stopped_at: null, total: { total: expected.length, is_exact: true } })
        const summary = await logs.getLogSummary(undefined, filter)
        expect(summary).toMatchObject({
          total_logs: expected.length,
          last_log_at: rows.find(({ id }) => id === expected[0])?.timestamp.replace(/\.?0*Z$/, 'Z') ?? null,
        })
        const beyond = page.rows.at(-1)
        if (!beyond) return
        const older = await logs.getLogs(filter, { beyond, order: 'newest', limit: 10 })
        expect(older.map(({ id }) => id)).toEqual(expected.slice(offset + page.rows.length).slice(0, 10))
        const newer = await logs.getLogs(filter, { beyond, order: 'oldest', limit: 10 })
        const before = expected.slice(0, offset + page.rows.length - 1).reverse()
        expect(newer.map(({ id }) => id)).toEqual(before.slice(0, 10))
      }),
      { numRuns: randomRuns(300), endOnFailure: false },
    )
  })

  it('finds the same in room that has to grow for its rows', async () => {
    const order = fc.constantFrom('newest' as const, 'oldest' as const)
    const slices = fc.record({ order, offset: fc.integer({ min: 0, max: 20 }), bytes: fc.nat(3000) })
    let grown = 0
    await fc.assert(
      fc.asyncProperty(searches, slices, async (q, { order, offset, bytes }) => {
        const filter = { visibility: { cameras: null }, q }
        if (isCountable(filter)) return
        const room = { bytes, grow: async () => void grown++ }
        const slice = { order, offset, limit: 25, maxBytes: PAGE_BYTES, room }
        const found = await logs.read(searchRows, filter, undefined, slice)
        const inOrder = order === 'newest' ? rows : rows.toReversed()
        const expected = inOrder.filter((row) => finds(q, row)).map(({ id }) => id)
        expect(found.rows.map(({ id }) => id)).toEqual(expected.slice(offset, offset + 25))
        expect(found).toMatchObject({ isCut: false, stoppedAt: null })
      }),
      { numRuns: randomRuns(300), endOnFailure: false },
    )
    expect(grown).toBeGreaterThan(0)
  })
})
