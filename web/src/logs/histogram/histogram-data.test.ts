import { describe, expect, it } from 'vitest'
import { stackBuckets } from './histogram-data.ts'

const histogram = {
  start: '2026-01-01T00:00:30Z',
  end: '2026-01-01T00:02:30Z',
  bucket_seconds: 60,
  total: 12,
  buckets: [
    { start: '2026-01-01T00:00:00Z', critical: 1, error: 2, warning: 0, info: 4, debug: 5 },
    { start: '2026-01-01T00:01:00Z', critical: 0, error: 0, warning: 0, info: 0, debug: 0 },
  ],
}

describe('the bars', () => {
  it('stack the severe levels at the bottom, the tallest sum first', () => {
    expect(stackBuckets(histogram)).toEqual([
      [12, 0],
      [7, 0],
      [3, 0],
      [3, 0],
      [1, 0],
    ])
  })

  it('show one error among thousands of lines without growing taller', () => {
    const bucket = { start: '2026-01-01T00:00:00Z', critical: 0, error: 1, warning: 0, info: 9999, debug: 0 }
    const [total, , , error] = stackBuckets({ ...histogram, buckets: [bucket] })
    expect(total).toEqual([10_000])
    expect(error).toEqual([300])
  })

  it('show the worst level of a bar beside one of a thousand times its size, and the rest as it is', () => {
    const none = { critical: 0, error: 0, warning: 0, info: 0, debug: 0 }
    const buckets = [
      { start: '2026-01-01T00:00:00Z', ...none, info: 100_000 },
      { start: '2026-01-01T00:01:00Z', ...none, critical: 1, error: 9, warning: 20, info: 40, debug: 30 },
      { start: '2026-01-01T00:02:00Z', ...none, info: 75, debug: 25 },
    ]
    const [total, info, warning, error, critical] = stackBuckets({ ...histogram, buckets })
    expect(total).toEqual([100_000, 6000, 3000])
    expect(critical).toEqual([0, 3000, 0])
    expect([error, warning, info].map((level) => Math.round(level?.[1] ?? 0))).toEqual([3273, 3879, 5091])
    expect(info?.[2]).toBe(2250)
  })
})
