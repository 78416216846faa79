import { describe, expect, it } from 'vitest'
import { chooseBucket, cutRange, fillBuckets } from './histogram.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const starts = (from: string, to: string, bucketMs: number, zone: string) =>
  cutRange(from, to, bucketMs, zone).starts.map((at) => new Date(at).toISOString().slice(0, 16))

describe('cutRange', () => {
  it('begins bars of hours at round hours of a zone at :30', () => {
    expect(starts('2026-03-01T10:10:00Z', '2026-03-01T12:00:00Z', HOUR, 'Asia/Kolkata')).toEqual([
      '2026-03-01T09:30',
      '2026-03-01T10:30',
      '2026-03-01T11:30',
    ])
  })

  it('begins bars of days at midnights of the zone, also of days with 23 and 25 hours', () => {
    expect(starts('2026-03-28T12:00:00Z', '2026-03-30T12:00:00Z', DAY, 'Europe/Berlin')).toEqual([
      '2026-03-27T23:00',
      '2026-03-28T23:00',
      '2026-03-29T22:00',
    ])
    expect(starts('2026-10-24T12:00:00Z', '2026-10-26T12:00:00Z', DAY, 'Europe/Berlin')).toEqual([
      '2026-10-23T22:00',
      '2026-10-24T22:00',
      '2026-10-25T23:00',
    ])
  })

  it('begins days at the first instant of them where clocks pass over midnight', () => {
    expect(starts('2026-09-05T12:00:00Z', '2026-09-07T12:00:00Z', DAY, 'America/Santiago')).toEqual([
      '2026-09-05T04:00',
      '2026-09-06T04:00',
      '2026-09-07T03:00',
    ])
    expect(starts('2026-03-07T12:00:00Z', '2026-03-09T12:00:00Z', DAY, 'America/Havana')).toEqual([
      '2026-03-07T05:00',
      '2026-03-08T05:00',
      '2026-03-09T04:00',
    ])
    // There midnight comes twice; the day begins with the first.
    expect(starts('2026-10-31T12:00:00Z', '2026-11-02T12:00:00Z', DAY, 'America/Havana')).toEqual([
      '2026-10-31T04:00',
      '2026-11-01T04:00',
      '2026-11-02T05:00',
    ])
  })

  it('begins bars of several hours at the same hours before and after clocks change', () => {
    expect(starts('2026-03-28T12:00:00Z', '2026-03-29T23:00:00Z', 12 * HOUR, 'Europe/Berlin')).toEqual([
      '2026-03-28T11:00',
      '2026-03-28T23:00',
      '2026-03-29T10:00',
      '2026-03-29T22:00',
    ])
    expect(starts('2026-10-25T00:00:00Z', '2026-10-25T08:00:00Z', 2 * HOUR, 'Europe/Berlin')).toEqual([
      '2026-10-25T00:00',
      '2026-10-25T03:00',
      '2026-10-25T05:00',
      '2026-10-25T07:00',
    ])
  })

  it.each([
    ['UTC', DAY, DAY],
    ['Europe/Berlin', DAY, HOUR],
    ['Asia/Kathmandu', DAY, 900_000],
    ['Asia/Kathmandu', HOUR, HOUR],
  ])('of %s by %d ms counts in steps of %d ms', (zone, bucketMs, countedMs) => {
    expect(cutRange('2026-03-01T00:00:00Z', '2026-03-05T00:00:00Z', bucketMs, zone).countedMs).toBe(countedMs)
  })
})

it('has equally long bars, counted in their own steps, where they do not fill a day', () => {
  const cut = cutRange('2026-03-28T00:00:00Z', '2026-03-31T00:00:00Z', 5000_000, 'Europe/Berlin')
  expect(
    new Set(cut.starts.map((start, index) => start - (cut.starts[index - 1] ?? start - 5000_000))),
  ).toEqual(new Set([5000_000]))
  expect([cut.countedFrom, cut.countedMs]).toEqual([cut.starts[0], 5000_000])
})

it('puts every count into the bar that holds its step', () => {
  const cut = cutRange('2026-03-28T00:00:00Z', '2026-03-30T23:59:59Z', DAY, 'Europe/Berlin')
  const rows = [
    { bucket: '2026-03-28T22:00:00Z', level: 'ERROR' as const, rows: 1 },
    { bucket: '2026-03-28T23:00:00Z', level: 'ERROR' as const, rows: 2 },
    { bucket: '2026-03-29T21:00:00Z', level: 'INFO' as const, rows: 4 },
    { bucket: '2026-03-29T22:00:00Z', level: 'INFO' as const, rows: 8 },
  ]
  const { buckets, total } = fillBuckets(rows, '2026-03-28T00:00:00Z', '2026-03-30T23:59:59Z', cut)
  expect(buckets.map(({ error, info }) => [error, info])).toEqual([
    [1, 0],
    [2, 4],
    [0, 8],
    [0, 0],
  ])
  expect(total).toBe(15)
})

it.each([
  [60_000, 60, 1],
  [HOUR, 60, 60],
  [7 * DAY, 100, 7200],
  [7 * DAY, 7, 86_400],
  [365 * DAY, 50, 8 * 86_400],
])('cuts %d ms into at most %d bars of %d seconds', (span, most, seconds) => {
  const end = Date.parse('2026-03-01T00:00:00Z')
  expect(chooseBucket(new Date(end - span).toISOString(), new Date(end).toISOString(), most)).toBe(
    seconds * 1000,
  )
})
