import { describe, expect, it } from 'vitest'
import { DAY, HOUR, LAST_INSTANT, MINUTE } from '../database/timestamp.ts'
import { earlyEnd, spanFor, widthFor } from './partition-width.ts'

const NOON = Date.UTC(2026, 5, 15, 12)
const MIDNIGHT = Date.UTC(2026, 5, 15)

describe('the width of a partition', () => {
  it.each([
    [0, DAY],
    [12, DAY],
    [40, 8 * HOUR],
    [300, HOUR],
    [2000, 10 * MINUTE],
    [20_000, MINUTE],
    [500_000, MINUTE],
  ])('at %d rows a second is such that about a million rows fill it', (rate, width) => {
    expect(widthFor(rate)).toBe(width)
  })

  it('is a day in the past weeks and a month before, whatever the rate of now', () => {
    expect(spanFor(MIDNIGHT - HOUR, NOON, 20_000, [])).toEqual({ lower: MIDNIGHT - DAY, upper: MIDNIGHT })
    expect(spanFor(Date.UTC(2020, 1, 29, 3), NOON, 0, [])).toEqual({
      lower: Date.UTC(2020, 1, 1),
      upper: Date.UTC(2020, 2, 1),
    })
  })

  it('is a century before 1970 and from ten years ahead on, so that no dates make thousands', () => {
    const utc = (year: number, month = 0) => new Date(0).setUTCFullYear(year, month, 1)
    const spanOf = (instant: number) => spanFor(instant, NOON, 0, [])
    expect(spanOf(utc(50))).toEqual({ lower: utc(1), upper: utc(100) })
    expect(spanOf(utc(1234, 5))).toEqual({ lower: utc(1200), upper: utc(1300) })
    expect(spanOf(-1)).toEqual({ lower: utc(1900), upper: 0 })
    expect(spanOf(utc(2050))).toEqual({ lower: utc(2036, 5), upper: utc(2100) })
    expect(spanOf(LAST_INSTANT - 1)).toEqual({ lower: utc(9900), upper: LAST_INSTANT })
    const bounds = new Set<number | undefined>()
    for (let month = 0; month < 9999 * 12; month++) bounds.add(spanOf(utc(1, month))?.lower)
    expect(bounds.size).toBeLessThan(1000)
  })

  it('is a day in the weeks ahead, whatever the rate of now, and a month after them', () => {
    expect(spanFor(MIDNIGHT + 3 * DAY + HOUR, NOON, 20_000, [])).toEqual({
      lower: MIDNIGHT + 3 * DAY,
      upper: MIDNIGHT + 4 * DAY,
    })
    expect(spanFor(Date.UTC(2027, 1, 3), NOON, 20_000, [])).toEqual({
      lower: Date.UTC(2027, 1, 1),
      upper: Date.UTC(2027, 2, 1),
    })
  })

  it('is what the neighbours leave', () => {
    const others = [
      { lower: MIDNIGHT, upper: NOON },
      { lower: NOON + HOUR, upper: MIDNIGHT + DAY },
    ]
    expect(spanFor(NOON + MINUTE, NOON, 0, others)).toEqual({ lower: NOON, upper: NOON + HOUR })
    expect(spanFor(NOON - 1, NOON, 0, others)).toBeUndefined()
  })
})

describe('an early end', () => {
  const day = { lower: MIDNIGHT, upper: MIDNIGHT + DAY }

  it('comes when the rows are nearly there and more would follow', () => {
    expect(earlyEnd({ ...day, rows: 100_000 }, NOON, NOON, 20_000)).toBeUndefined()
    expect(earlyEnd({ ...day, rows: 300_000 }, NOON, NOON, 20_000)).toBe(NOON + MINUTE)
    expect(earlyEnd({ ...day, rows: 990_000 }, NOON, NOON, 5)).toBeUndefined()
  })

  it('is a whole minute after now and after the newest row', () => {
    const end = earlyEnd({ ...day, rows: 2_000_000 }, NOON + 30 * MINUTE + 1, NOON, 20_000)
    expect(end).toBe(NOON + 31 * MINUTE)
  })

  it('does not come when the partition ends anyway', () => {
    const minute = { lower: NOON - MINUTE, upper: NOON + MINUTE, rows: 2_000_000 }
    expect(earlyEnd(minute, NOON, NOON + 5000, 20_000)).toBeUndefined()
  })
})
