import { describe, expect, it } from 'vitest'
import { zoneClock } from './time-zone.ts'

function read(zone: string, text: string): string | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = text.split(/\D/).map(Number)
  return zoneClock(zone)({ year, month, day, hour, minute, second, fraction: '25' })
}

describe('zoneClock', () => {
  it.each([
    ['Europe/Berlin', '2025-01-15 12:00:00', '2025-01-15T11:00:00.25Z'],
    ['Europe/Berlin', '2025-07-15 12:00:00', '2025-07-15T10:00:00.25Z'],
    ['Asia/Kolkata', '2025-07-15 12:00:00', '2025-07-15T06:30:00.25Z'],
    ['America/New_York', '2005-07-09 12:16:49', '2005-07-09T16:16:49.25Z'],
    ['UTC', '2025-07-15 12:00:00', '2025-07-15T12:00:00.25Z'],
  ])('in %s %s is %s', (zone, text, expected) => {
    expect(read(zone, text)).toBe(expected)
  })

  it('takes a skipped time for as long after the change as it claims', () => {
    expect(read('Europe/Berlin', '2025-03-30 02:30:00')).toBe('2025-03-30T01:30:00.25Z')
    expect(read('Europe/Berlin', '2025-03-30 01:59:59')).toBe('2025-03-30T00:59:59.25Z')
    expect(read('Europe/Berlin', '2025-03-30 03:00:00')).toBe('2025-03-30T01:00:00.25Z')
  })

  it('takes a time that occurs twice for the first', () => {
    expect(read('America/New_York', '2025-11-02 01:30:00')).toBe('2025-11-02T05:30:00.25Z')
    expect(read('America/New_York', '2025-11-02 02:00:00')).toBe('2025-11-02T07:00:00.25Z')
    expect(read('Australia/Lord_Howe', '2025-04-06 01:45:00')).toBe('2025-04-05T14:45:00.25Z')
  })

  it('refuses a zone that does not exist', () => {
    expect(() => zoneClock('Mars/Olympus')).toThrow(RangeError)
  })
})
