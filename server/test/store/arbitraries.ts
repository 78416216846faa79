import { LEVELS, type LogRecord } from '@timelapser/logger'
import fc from 'fast-check'
import type { LogFilter } from '../../src/store/filter/log-filter.ts'
import { searches } from './search-model.ts'

/** Around a month boundary, an hour and a day are cut through, and there is an old month. */
export const BASE = Date.parse('2026-03-30T21:30:00Z')
const DAY = 86_400_000

export const timestamps = fc
  .tuple(
    fc.oneof(
      fc.integer({ min: 0, max: 3 * DAY }),
      fc.integer({ min: 0, max: 90_000 }),
      fc.constantFrom(0, 60_000, 3_600_000, DAY, -70 * DAY),
    ),
    fc.integer({ min: 0, max: 999 }),
  )
  .map(([offset, micros]) => {
    const fraction = `${new Date(BASE + offset).toISOString().slice(20, 23)}${String(micros).padStart(3, '0')}`
    const digits = fraction.replace(/0+$/, '')
    return `${new Date(BASE + offset).toISOString().slice(0, 19)}${digits && `.${digits}`}Z`
  })

export const cameras = fc.integer({ min: 1, max: 5 })
export const sources = fc.constantFrom('api', 'worker', 'system', 'camera_1', 'camera_2', 'camera_4')
const levels = fc.constantFrom(...LEVELS)

export const records: fc.Arbitrary<LogRecord> = fc.record({
  timestamp: timestamps,
  level: levels,
  message: fc.constantFrom(
    'RTSP timeout',
    'frame captured',
    '100% of disk_1 used',
    'upload \\ done',
    'Größe <b>',
  ),
  source: sources,
  logger_name: fc.constantFrom(null, 'camera_worker', 'TIMEOUTS'),
  camera_id: fc.option(cameras),
  extra_data: fc.constant(null),
})

/** Some of them a month later or more than a year before. */
export const recordsOfYears: fc.Arbitrary<LogRecord> = fc
  .tuple(records, fc.constantFrom(0, 0, 0, 0, 0, 0, 32 * DAY, -430 * DAY))
  .map(([record, shift]) => ({ ...record, timestamp: shifted(record.timestamp, shift) }))

/** Its digits below the second stay. */
function shifted(timestamp: string, millis: number): string {
  const seconds = new Date(Date.parse(`${timestamp.slice(0, 19)}Z`) + millis)
  return seconds.toISOString().slice(0, 19) + timestamp.slice(19)
}

const some = <T>(values: fc.Arbitrary<T>) => fc.uniqueArray(values, { minLength: 1, maxLength: 3 })

/** Filters of every combination; about half are countable. */
export const filters: fc.Arbitrary<LogFilter> = fc
  .record(
    {
      visibility: fc.record({ cameras: fc.option(fc.uniqueArray(cameras, { maxLength: 3 }), { freq: 1 }) }),
      levels: some(levels),
      exclude_levels: some(levels),
      sources: some(sources),
      exclude_sources: some(sources),
      cameras: some(cameras),
      exclude_cameras: some(cameras),
      search: fc.constantFrom('timeout', '%', '_', '\\', '<b>', 'größe', 'nothing like it'),
      q: searches,
      start: timestamps,
      end: timestamps,
    },
    { requiredKeys: ['visibility'] },
  )
  .filter(({ start, end }) => start === undefined || end === undefined || start <= end)
