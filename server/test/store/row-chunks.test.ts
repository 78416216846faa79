import { afterAll, beforeAll, expect, it } from 'vitest'
import type { LogFilter } from '../../src/store/filter/log-filter.ts'
import { LogOperations } from '../../src/store/log-operations.ts'
import type { Order } from '../../src/store/reading/log-rows.ts'
import { readChunks } from '../../src/store/reading/row-chunks.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { record } from './some-records.ts'

const ROWS = 3000

let test: TestDatabase
let logs: LogOperations

beforeAll(async () => {
  test = await createTestDatabase()
  logs = new LogOperations({ pool: test.database.pool, settings: new SettingsStore(test.database.pool) })
  const from = Date.parse('2026-03-01T00:00:00Z')
  const line = 'x'.repeat(120)
  await logs.addLogEntries(
    Array.from({ length: ROWS }, (_, index) =>
      record({
        // Half of them within a second.
        timestamp: new Date(from + (index < ROWS / 2 ? index * 100_000 : (index % 1000) / 2)).toISOString(),
        message: index % 3 === 0 ? `${line}y${index}` : `${line}${index}`,
        level: index % 100 === 0 ? 'ERROR' : 'INFO',
      }),
    ),
  )
})
afterAll(async () => {
  await logs.close()
  await test.close()
})

async function read(
  filter: LogFilter,
  order: Order,
  statementMs?: number,
): Promise<{ lines: string[]; reads: number }> {
  const store = { pool: test.database.pool, partitions: logs.partitions }
  const lines: string[] = []
  let reads = 0
  const query = { filter, order, line: () => `r.id || E'\\n'`, ...(statementMs && { statementMs }) }
  for await (const chunk of readChunks(store, query)) {
    reads++
    const some = chunk.lines.split('\n').slice(0, -1)
    expect(some.length).toBe(chunk.rows)
    lines.push(...some)
  }
  return { lines, reads }
}

async function inOrder(condition: string, order: Order): Promise<string[]> {
  const direction = order === 'newest' ? 'desc' : 'asc'
  const { rows } = await test.database.pool.query(
    `select id::text from logs where ${condition} order by timestamp ${direction}, id ${direction}`,
  )
  return rows.map(({ id }) => id)
}

it.each(['oldest', 'newest'] as const)('reads every match once and in order, %s first', async (order) => {
  const everything = { visibility: { cameras: null } }
  expect((await read(everything, order)).lines).toEqual(await inOrder('true', order))
  expect((await read({ ...everything, levels: ['ERROR'] }, order)).lines).toEqual(
    await inOrder(`level = 'ERROR'`, order),
  )
  expect((await read({ ...everything, search: 'xy' }, order)).lines).toEqual(
    await inOrder(`message like '%xy%'`, order),
  )
})

it.each(['oldest', 'newest'] as const)(
  'takes less at a time when statements take too long, %s first',
  async (order) => {
    // Backreferences over equal letters take PostgreSQL long.
    const slow: LogFilter = {
      visibility: { cameras: null },
      q: { kind: 'regex', pattern: String.raw`(x*)(x*)\1\2y` },
    }
    const { lines, reads } = await read(slow, order, 60)
    expect(lines).toEqual(await inOrder(`message like '%xy%'`, order))
    expect(reads).toBeGreaterThan(5)
  },
)

it('takes few long rows at a time', async () => {
  const long = 'z'.repeat(250_000)
  const at = '2026-04-01T00:00:00Z'
  await logs.addLogEntries(Array.from({ length: 60 }, () => record({ timestamp: at, message: long })))
  const store = { pool: test.database.pool, partitions: logs.partitions }
  const filter: LogFilter = { visibility: { cameras: null }, start: at, end: at }
  let rows = 0
  for await (const chunk of readChunks(store, {
    filter,
    order: 'oldest',
    line: () => `r.message || E'\\n'`,
  })) {
    rows += chunk.rows
    expect(chunk.lines.length).toBeLessThan(5_000_000)
  }
  expect(rows).toBe(60)
})
