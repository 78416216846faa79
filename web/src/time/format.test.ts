import { describe, expect, it } from 'vitest'
import { formatClock, formatDay, formatFull, formatMoment } from './format.ts'

const now = Date.parse('2026-11-22T14:30:00Z')

describe('times of rows', () => {
  it('shows milliseconds in the zone', () => {
    expect(formatClock('2026-11-22T14:03:22.118456Z', 'Europe/Berlin')).toBe('15:03:22.118')
    expect(formatClock('2026-11-22T14:03:22Z', 'UTC')).toBe('14:03:22.000')
    expect(formatClock('1969-12-31T23:59:59.25Z', 'UTC')).toBe('23:59:59.250')
  })

  it('names the day only when it is not the zone’s today', () => {
    expect(formatDay('2026-11-22T00:10:00Z', 'UTC', now)).toBeNull()
    expect(formatDay('2026-11-21T23:30:00Z', 'Europe/Berlin', now)).toBeNull()
    expect(formatDay('2026-11-21T22:30:00Z', 'Europe/Berlin', now)).toMatch(/21/)
    expect(formatDay('2005-06-09T06:07:02Z', 'UTC', now)).toMatch(/2005/)
  })

  it('keeps every digit and names the zone in the full form', () => {
    expect(formatFull('2026-07-01T10:00:00.000123Z', 'Europe/Berlin')).toBe(
      '2026-07-01T12:00:00.000123+02:00 Europe/Berlin',
    )
    expect(formatFull('2026-07-01T10:00:00Z', 'America/St_Johns')).toBe(
      '2026-07-01T07:30:00-02:30 America/St_Johns',
    )
  })

  it('leaves seconds out of round moments', () => {
    expect(formatMoment('2026-11-22T14:00:00Z', 'UTC', now)).toBe('14:00')
    expect(formatMoment('2026-11-22T14:00:05Z', 'UTC', now)).toBe('14:00:05')
  })
})
