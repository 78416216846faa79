import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { eventTime, formatMicros } from './clock.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('eventTime', () => {
  it('rises by a microsecond where the clock stands still', () => {
    vi.setSystemTime('2031-01-01T00:00:00.500Z')
    expect([eventTime(), eventTime(), eventTime()]).toEqual([
      '2031-01-01T00:00:00.500000Z',
      '2031-01-01T00:00:00.500001Z',
      '2031-01-01T00:00:00.500002Z',
    ])
  })

  it('follows a clock that is set, forwards and back', () => {
    vi.setSystemTime('2032-01-01T00:00:00Z')
    eventTime()
    vi.setSystemTime('2032-01-01T01:00:00Z')
    expect(eventTime()).toBe('2032-01-01T01:00:00.000000Z')
    vi.setSystemTime('2032-01-01T00:30:00Z')
    expect(eventTime()).toBe('2032-01-01T00:30:00.000000Z')
  })
})

describe('formatMicros', () => {
  it.each([
    [0, '1970-01-01T00:00:00.000000Z'],
    [1_700_000_000_000_042, '2023-11-14T22:13:20.000042Z'],
    [-1, '1969-12-31T23:59:59.999999Z'],
  ])('writes %d as %s', (micros, text) => {
    expect(formatMicros(micros)).toBe(text)
  })
})
