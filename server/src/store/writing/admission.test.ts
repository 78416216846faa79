import type { LogRecord } from '@timelapser/logger'
import { expect, it } from 'vitest'
import { fitEventTime } from './admission.ts'

const bounds = { now: '2025-06-01T12:00:00Z', oldest: '2025-05-02T12:00:00Z', newest: '2025-06-01T13:00:00Z' }

function at(timestamp: string): LogRecord {
  return {
    timestamp,
    level: 'INFO',
    message: 'm',
    source: 's',
    logger_name: null,
    camera_id: null,
    extra_data: { a: 1 },
  }
}

it.each(['2025-05-02T12:00:00Z', '2025-06-01T13:00:00Z', '2025-06-01T11:59:59.999999Z'])(
  'leaves %s alone',
  (timestamp) => {
    const record = at(timestamp)
    expect(fitEventTime(record, bounds)).toBe(record)
  },
)

it.each([
  '1970-01-01T00:00:03.5Z',
  '2025-05-02T11:59:59.999999Z',
  '2025-06-01T13:00:00.000001Z',
  '9999-12-31T23:59:59Z',
])('gives %s the time of arrival and keeps it in extra_data', (timestamp) => {
  const fitted = fitEventTime(at(timestamp), bounds)
  expect(fitted.timestamp).toBe(bounds.now)
  expect(fitted.extra_data).toEqual({ a: 1, original_timestamp: timestamp })
})

it('believes any past time when everything is kept', () => {
  const record = at('1970-01-01T00:00:00Z')
  expect(fitEventTime(record, { ...bounds, oldest: undefined })).toBe(record)
})
