import { LEVELS, type LogRecord } from '@timelapser/logger'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deleteCamera } from '../../src/store/cameras/cameras.ts'
import { foldCounts } from '../../src/store/counts/count-folding.ts'
import { comparable, DAY, floorTo, fromMillis, HOUR, MINUTE } from '../../src/store/database/timestamp.ts'
import type { LogFilter } from '../../src/store/filter/log-filter.ts'
import { LogOperations } from '../../src/store/log-operations.ts'
import type { Facet } from '../../src/store/reading/log-overview.ts'
import { previewMatching } from '../../src/store/removal/delete-matching.ts'
import { applyRetention } from '../../src/store/removal/retention.ts'
import { planRemovals } from '../../src/store/removal/retention-plan.ts'
import { type Cutoffs, cutoffFor } from '../../src/store/removal/retention-policy.ts'
import { SettingsStore } from '../../src/store/settings/settings.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { randomRuns } from '../support/random-runs.ts'
import { BASE, cameras, filters, recordsOfYears, sources, timestamps } from './arbitraries.ts'
import { byLevel, type ModelRow, matches, newestFirst } from './brute-force.ts'
import { expectExactCounts } from './stored-counts.ts'

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

/** Where the steps of a histogram begin, as in zones at :00, :30 and :45, and how long they are. */
const histogramSteps = fc.record({
  origin: fc.constantFrom(0, BASE, -5.5 * HOUR, 5.75 * HOUR, 12.75 * HOUR, 1000),
  bucketMs: fc.constantFrom(1000, 10_000, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR / 2, HOUR, 6 * HOUR, DAY),
})

type Step = { origin: number; bucketMs: number }

const batches = fc.array(fc.array(recordsOfYears, { minLength: 1, maxLength: 15 }), {
  minLength: 1,
  maxLength: 4,
})

const instants = fc.option(timestamps.map((timestamp) => fromMillis(floorTo(timestamp, MINUTE))))

/** As settings have them: one for all, and for some levels and sources their own; none keeps for ever. */
const cutoffs: fc.Arbitrary<Cutoffs> = fc.record({
  general: instants,
  levels: fc.dictionary(fc.constantFrom(...LEVELS), instants, { maxKeys: 2 }),
  sources: fc.dictionary(sources, instants, { maxKeys: 2 }),
})

/** Something that changes what is stored; batches are written at the same time. */
const changes = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('add' as const), batches }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('fold' as const), batches }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('age' as const), cutoffs, batches }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('delete' as const), source: sources, batches }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('camera' as const),
      camera: cameras,
      isRewritten: fc.boolean(),
    }),
  },
)

type Change = typeof changes extends fc.Arbitrary<infer C> ? C : never

/** The expected rows. */
class Model {
  rows: ModelRow[] = []
  readonly #deleted = new Set<number>()

  async add(batch: readonly LogRecord[]): Promise<void> {
    if (batch.length === 0) return
    const result = await logs.addLogEntries(batch)
    expect(result).toMatchObject({ accepted: batch.length, rejected: [] })
    const first = result.first_id ?? 0
    this.rows.push(...batch.map((row, offset) => this.#seen({ ...row, id: first + offset })))
  }

  /** Takes rows out and returns how many. */
  remove(goes: (row: ModelRow) => boolean): number {
    const before = this.rows.length
    this.rows = this.rows.filter((row) => !goes(row))
    return before - this.rows.length
  }

  deleteCamera(id: number): void {
    this.#deleted.add(id)
    this.rows = this.rows.map((row) => this.#seen(row))
  }

  #seen(row: ModelRow): ModelRow {
    return row.camera_id !== null && this.#deleted.has(row.camera_id) ? { ...row, camera_id: null } : row
  }
}

async function change(model: Model, step: Change): Promise<void> {
  const { pool } = database.database
  const write = (goes: (row: LogRecord) => boolean = () => false) =>
    step.kind === 'camera' ? [] : step.batches.map((batch) => model.add(batch.filter((row) => !goes(row))))
  switch (step.kind) {
    case 'add':
      await Promise.all(write())
      break
    case 'fold':
      await Promise.all([...write(), foldCounts(pool)])
      break
    case 'age': {
      const goes = (row: LogRecord) => {
        const cutoff = cutoffFor(step.cutoffs, row)
        return cutoff !== null && comparable(row.timestamp) < comparable(cutoff)
      }
      const gone = model.remove(goes)
      const store = { pool, partitions: logs.partitions }
      const planned = await planRemovals(store, step.cutoffs, 0)
      expect(planned.reduce((sum, { rows }) => sum + rows, 0)).toBe(gone)
      const [removed] = await Promise.all([
        applyRetention(store, step.cutoffs, 0),
        foldCounts(pool),
        ...write(goes),
      ])
      expect(removed.deleted_count).toBe(gone)
      break
    }
    case 'delete': {
      const goes = ({ source }: LogRecord) => source === step.source
      const gone = model.remove(goes)
      const filter = { visibility: { cameras: null }, sources: [step.source] }
      const [removed] = await Promise.all([logs.deleteMatching(filter), foldCounts(pool), ...write(goes)])
      expect(removed).toBe(gone)
      break
    }
    case 'camera':
      if ((await deleteCamera(pool, step.camera)) !== undefined) {
        logs.reloadCameras()
        model.deleteCamera(step.camera)
      }
      if (step.isRewritten) await logs.forgetDeletedCameras()
  }
}

describe('the kept counts', () => {
  it('agree with brute force over random rows, filters, ranges, deletes and concurrent writers', async () => {
    const model = new Model()
    await fc.assert(
      fc.asyncProperty(
        fc.array(changes, { minLength: 1, maxLength: 4 }),
        fc.array(fc.tuple(filters, histogramSteps), { minLength: 4, maxLength: 8 }),
        async (steps, asked) => {
          for (const step of steps) await change(model, step)
          for (const [filter, step] of asked)
            await compare(filter, newestFirst(model.rows.filter((row) => matches(filter, row))), step)
          await expectExactCounts(database.database.pool)
        },
      ),
      { numRuns: randomRuns(15), endOnFailure: true },
    )
  })
})

async function compare(filter: LogFilter, expected: readonly ModelRow[], step: Step): Promise<void> {
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
  const preview = {
    rows: expected.length,
    first_log_at: expected.at(-1)?.timestamp ?? null,
    last_log_at: expected[0]?.timestamp ?? null,
  }
  expect(await logs.read(previewMatching, filter, undefined)).toEqual(preview)
  const sources = await logs.getLogSources(filter)
  expect(sources).toEqual(
    [...Map.groupBy(expected, (row) => row.source)]
      .map(([source, rows]) => ({
        source,
        log_count: rows.length,
        last_log_at: rows[0]?.timestamp,
        error_count: byLevel(rows).ERROR,
        warning_count: byLevel(rows).WARNING,
      }))
      .sort((a, b) => (a.source < b.source ? -1 : 1)),
  )
  const facet = await logs.getFacet(filter, 'level')
  expect(Object.fromEntries(facet.map(({ value, rows }) => [value, rows]))).toEqual(
    Object.fromEntries(LEVELS.filter((level) => levels[level] > 0).map((level) => [level, levels[level]])),
  )
  await compareFacet(
    filter,
    'source',
    Map.groupBy(expected, (row) => row.source),
  )
  await compareFacet(filter, 'camera_id', byCamera(expected))
  await compareHistogram(filter, expected, step)
}

async function compareFacet(
  filter: LogFilter,
  name: Facet,
  expected: ReadonlyMap<string | number, readonly ModelRow[]>,
): Promise<void> {
  const found = await logs.getFacet(filter, name)
  expect(new Map(found.map(({ value, rows }) => [value, rows]))).toEqual(
    new Map([...expected].map(([value, rows]) => [value, rows.length])),
  )
  const counts = found.map(({ rows }) => rows)
  expect(counts).toEqual(counts.toSorted((a, b) => b - a))
}

/** A camera's rows have its id, or the source named after it. */
function byCamera(rows: readonly ModelRow[]): Map<number, ModelRow[]> {
  const ids = [1, 2, 3, 4, 5]
  return new Map(
    ids
      .map((id) => [id, rows.filter((row) => row.camera_id === id || row.source === `camera_${id}`)] as const)
      .filter(([, of]) => of.length > 0)
      .map(([id, of]) => [id, [...of]]),
  )
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

async function compareHistogram(
  filter: LogFilter,
  expected: readonly ModelRow[],
  { origin, bucketMs }: Step,
): Promise<void> {
  const { start, end } = filter
  if (start === undefined || end === undefined) return
  const buckets = await logs.getHistogram({ ...filter, start, end }, origin, bucketMs)
  const found = buckets.map(({ bucket, level, rows }) => [Date.parse(bucket), level, rows] as const)
  const bucketOf = ({ timestamp }: ModelRow) =>
    Math.floor((Date.parse(timestamp) - origin) / bucketMs) * bucketMs + origin
  const wanted = [...Map.groupBy(expected, (row) => `${bucketOf(row)} ${row.level}`)].map(
    ([key, rows]) => [Number(key.split(' ')[0]), key.split(' ')[1], rows.length] as const,
  )
  const order = (a: readonly unknown[], b: readonly unknown[]) => (String(a) < String(b) ? -1 : 1)
  expect(found.toSorted(order)).toEqual(wanted.toSorted(order))
}
