// Lines of which each takes long to compare: a search has to get ahead with every try, or going on never ends.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { fromMillis } from '../../src/store/database/timestamp.ts'
import type { LogFilter } from '../../src/store/filter/log-filter.ts'
import { LogOperations } from '../../src/store/log-operations.ts'
import { type LogSlice, type Page, readLogPage } from '../../src/store/reading/log-pages.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

const ROWS = 600
const START = Date.parse('2026-05-01T00:00:00Z')

let database: TestDatabase
let hurried: LogOperations

beforeAll(async () => {
  database = await createTestDatabase()
  const { pool } = database.database
  hurried = new LogOperations({ pool, settings: new SettingsStore(pool), searchBudgetMs: 800 })
  await hurried.addLogEntries(
    Array.from({ length: ROWS }, (_, index) => ({
      timestamp: fromMillis(START + index * 1000),
      level: 'INFO' as const,
      message: 'a'.repeat(600),
      source: 'worker',
      logger_name: null,
      camera_id: null,
      extra_data: null,
    })),
  )
})

afterAll(async () => {
  await hurried.close()
  await database.close()
})

it('a search that cannot look at a hundred lines in its time comes further with every try', async () => {
  // Each look ahead goes to the end of a line from every place in it: some milliseconds a line.
  const pattern = '(?=.*a)(?=.*b)(?=.*c)(?!.*d).*e'
  const filter: LogFilter = { visibility: { cameras: null }, q: { kind: 'regex', pattern } }
  const stops: string[] = []
  let slice: LogSlice = { offset: 0, limit: 100 }
  for (let attempt = 0; attempt < 3; attempt++) {
    const { rows, stopped_at }: Page = await hurried.read(readLogPage, filter, undefined, slice)
    expect(rows).toEqual([])
    if (!stopped_at) return
    stops.push(stopped_at.timestamp)
    slice = { beyond: stopped_at, order: 'newest', limit: 100 }
  }
  expect(Date.parse(stops[0] ?? '')).toBeLessThan(START + ROWS * 1000)
  expect(new Set(stops).size).toBe(3)
  expect(stops).toEqual(stops.toSorted().reverse())
})
