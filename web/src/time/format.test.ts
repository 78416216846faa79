import { describe, expect, it } from 'vitest'
import { formatClock, formatDay, formatFull, formatMoment, formatSpan, offsetIfRepeated } from './format.ts'

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

  it('tells the two hours apart that clocks show twice, and no others', () => {
    const berlin = (time: string) => offsetIfRepeated(`2026-10-25T${time}Z`, 'Europe/Berlin')
    expect([berlin('00:00:00'), berlin('00:59:59.999')]).toEqual(['+02', '+02'])
    expect([berlin('01:00:00'), berlin('01:59:59.999')]).toEqual(['+01', '+01'])
    expect([berlin('02:00:00'), offsetIfRepeated('2026-10-24T23:59:59Z', 'Europe/Berlin')]).toEqual([
      null,
      null,
    ])
    // Half an hour is put back here.
    expect(offsetIfRepeated('2026-04-04T14:45:00Z', 'Australia/Lord_Howe')).toBe('+11')
    expect(offsetIfRepeated('2026-04-04T15:15:00Z', 'Australia/Lord_Howe')).toBe('+10:30')
    expect(offsetIfRepeated('2026-04-04T14:15:00Z', 'Australia/Lord_Howe')).toBeNull()
    // An hour that clocks skip is there once.
    expect(offsetIfRepeated('2026-03-29T01:10:00Z', 'Europe/Berlin')).toBeNull()
    expect(offsetIfRepeated('2026-10-25T01:00:00Z', 'UTC')).toBeNull()
  })

  it('says the day of a span once, and today where the other end is of another day', () => {
    const span = (from: string, to: string) => formatSpan(from, to, 'UTC', now).join(' – ')
    expect(span('2026-11-22T14:00:00Z', '2026-11-22T15:00:05Z')).toBe('14:00 – 15:00:05')
    expect(span('2026-11-21T14:00:00Z', '2026-11-21T15:00:00Z')).toMatch(/21.*, 14:00 – 15:00$/)
    expect(span('2026-11-21T14:00:00Z', '2026-11-22T09:00:00Z')).toMatch(/21.*, 14:00 – today, 09:00$/)
    expect(span('2026-11-20T14:00:00Z', '2026-11-21T09:00:00Z')).toMatch(/20.*, 14:00 – .*21.*, 09:00$/)
  })

  it('leaves seconds out of round moments', () => {
    expect(formatMoment('2026-11-22T14:00:00Z', 'UTC', now)).toBe('14:00')
    expect(formatMoment('2026-11-22T14:00:05Z', 'UTC', now)).toBe('14:00:05')
  })
})
