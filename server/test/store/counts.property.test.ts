import { LEVELS } from '@timelapser/logger'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { foldCounts } from '../../src/store/count-folding.ts'
import type { LogFilter } from '../../src/store/log-filter.ts'
import { LogOperations } from '../../src/store/log-operations.ts'
import { applyRetention } from '../../src/store/retention.ts'
import { cutoffForAll } from '../../src/store/retention-policy.ts'
import { SettingsStore } from '../../src/store/settings.ts'
import { comparable } from '../../src/store/timestamp.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { filters, records, timestamps } from './arbitraries.ts'
import { byLevel, type ModelRow, matches, newestFirst } from './brute-force.ts'

let database: TestDatabase
let logs: LogOperations

beforeEach(async () => {
  database = await createTestDatabase()
  const { pool } = database.database
  logs = new LogOperations({ pool, settings: new SettingsStore(pool) })
})

afterEach(async () => {
  await logs.close()
  await database.close()
})

/** Something that changes what is stored. */
const changes = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      batches: fc.array(fc.array(records, { minLength: 1, maxLength: 15 }), { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('fold' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), cutoff: timestamps }) },
)

describe('the kept counts', () => {
  it('agree with brute force over random rows, filters, ranges, deletes and concurrent writers', async () => {
    let model: ModelRow[] = []
    await fc.assert(
      fc.asyncProperty(
        fc.array(changes, { minLength: 1, maxLength: 4 }),
        fc.array(filters, { minLength: 4, maxLength: 8 }),
        async (steps, asked) => {
          for (const step of steps) {
            if (step.kind === 'fold') await foldCounts(database.database.pool)
            if (step.kind === 'delete') {
              const kept = model.filter((row) => comparable(row.timestamp) >= comparable(step.cutoff))
              const store = { pool: database.database.pool, partitions: logs.partitions }
              const { deleted_count: deleted } = await applyRetention(store, cutoffForAll(step.cutoff), 0)
              expect(deleted).toBe(model.length - kept.length)
              model = kept
            }
            if (step.kind !== 'add') continue
            const results = await Promise.all(step.batches.map((batch) => logs.addLogEntries(batch)))
            results.forEach((result, index) => {
              const batch = step.batches[index] ?? []
              expect(result).toMatchObject({ accepted: batch.length, rejected: [] })
              model.push(
                ...batch.map((record, offset) => ({ ...record, id: (result.first_id ?? 0) + offset })),
              )
            })
          }
          for (const filter of asked)
            await compare(filter, newestFirst(model.filter((row) => matches(filter, row))))
        },
      ),
      { numRuns: 25, endOnFailure: true },
    )
  })
})

async function compare(filter: LogFilter, expected: readonly ModelRow[]): Promise<void> {
  expect(await logs.countLogs(filter)).toEqual({ total: expected.length, is_exact: true })
  await comparePages(filter, expected)
  const summary = await logs.getLogSummary(undefined, filter)
  const levels = byLevel(expected)
  expect(summary).toEqual({
    total_logs: expected.length,
    critical_count: levels.CRITICAL,
    error_count: levels.ERROR,
    warning_count: levels.WARNING,
    info_count: levels.INFO,
    debug_count: levels.DEBUG,
    unique_sources: new Set(expected.map((row) => row.source)).size,
    unique_cameras: new Set(expected.flatMap((row) => row.camera_id ?? [])).size,
    first_log_at: expected.at(-1)?.timestamp ?? null,
    last_log_at: expected[0]?.timestamp ?? null,
  })
  const sources = await logs.getLogSources(filter)
  expect(sources.map(({ source, log_count, last_log_at }) => [source, log_count, last_log_at])).toEqual(
    [...Map.groupBy(expected, (row) => row.source)]
      .map(([source, rows]) => [source, rows.length, rows[0]?.timestamp])
      .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  )
  const facet = await logs.getFacet(filter, 'level')
  expect(Object.fromEntries(facet.map(({ value, rows }) => [value, rows]))).toEqual(
    Object.fromEntries(LEVELS.filter((level) => levels[level] > 0).map((level) => [level, levels[level]])),
  )
  await compareHistogram(filter, expected)
}

async function comparePages(filter: LogFilter, expected: readonly ModelRow[]): Promise<void> {
  const ids = expected.map((row) => row.id)
  for (const offset of [0, 1, Math.floor(ids.length / 2), ids.length]) {
    const page = await logs.getLogs(filter, { offset, limit: 7 })
    expect(page.map((row) => row.id)).toEqual(ids.slice(offset, offset + 7))
  }
  const walked: number[] = []
  let page = await logs.getLogs(filter, { offset: 0, limit: 7 })
  while (page.length > 0) {
    walked.push(...page.map((row) => row.id))
    const last = page.at(-1)
    if (!last) break
    page = await logs.getLogs(filter, { beyond: last, order: 'newest', limit: 7 })
  }
  expect(walked).toEqual(ids)
}

async function compareHistogram(filter: LogFilter, expected: readonly ModelRow[]): Promise<void> {
  const { start, end } = filter
  if (start === undefined || end === undefined) return
  for (const bucketMs of [1000, 60_000, 1_800_000, 3_600_000, 86_400_000]) {
    const buckets = await logs.getHistogram({ ...filter, start, end }, 0, bucketMs)
    const found = buckets.map(({ bucket, level, rows }) => [Date.parse(bucket), level, rows] as const)
    const wanted = [
      ...Map.groupBy(
        expected,
        (row) => `${Math.floor(Date.parse(row.timestamp) / bucketMs) * bucketMs} ${row.level}`,
      ),
    ].map(([key, rows]) => [Number(key.split(' ')[0]), key.split(' ')[1], rows.length] as const)
    const order = (a: readonly unknown[], b: readonly unknown[]) => (String(a) < String(b) ? -1 : 1)
    expect(found.toSorted(order)).toEqual(wanted.toSorted(order))
  }
}
