import { describe, expect, it } from 'vitest'
import { clockTicks } from './histogram-ticks.ts'

const times = (from: string, to: string, zone: string, most: number) =>
  clockTicks(Date.parse(from), Date.parse(to), zone, most).map(({ at }) => new Date(at).toISOString())

describe('the times below the bars', () => {
  it('are round on the clocks of the zone', () => {
    expect(times('2026-01-01T00:03:10Z', '2026-01-01T01:00:00Z', 'Asia/Kolkata', 4)).toEqual([
      '2026-01-01T00:15:00.000Z',
      '2026-01-01T00:30:00.000Z',
      '2026-01-01T00:45:00.000Z',
      '2026-01-01T01:00:00.000Z',
    ])
    expect(times('2026-01-01T00:00:00Z', '2026-01-01T23:00:00Z', 'Asia/Kolkata', 2)).toEqual([
      '2026-01-01T06:30:00.000Z',
      '2026-01-01T18:30:00.000Z',
    ])
  })

  it('stay round where clocks are put on and back', () => {
    const texts = (day: string) =>
      clockTicks(
        Date.parse(`${day}T00:00:00+01:00`),
        Date.parse(`${day}T23:00:00+01:00`),
        'Europe/Berlin',
        4,
      ).map(({ text }) => text)
    expect(texts('2026-03-29').slice(1)).toEqual(['06:00', '12:00', '18:00', expect.stringMatching(/30/)])
    expect(texts('2026-10-25')).toEqual(['06:00', '12:00', '18:00'])
  })

  it('say the day where one begins, and seconds only where they differ in them', () => {
    const texts = (seconds: number, most: number) =>
      clockTicks(
        Date.parse('2026-05-01T23:59:50Z'),
        Date.parse('2026-05-01T23:59:50Z') + seconds * 1000,
        'UTC',
        most,
      ).map(({ text }) => text)
    expect(texts(15, 3)).toEqual(
      ['23:59:50', expect.stringMatching(/May 2|2 May/), '00:00:05'].toSpliced(1, 0, '23:59:55'),
    )
    expect(texts(150, 3)).toEqual([expect.stringMatching(/May 2|2 May/), '00:01', '00:02'])
  })

  it('are midnights of the zone over weeks, and few over years', () => {
    expect(times('2026-03-27T12:00:00Z', '2026-03-31T12:00:00Z', 'Europe/Berlin', 7)).toEqual([
      '2026-03-27T23:00:00.000Z',
      '2026-03-28T23:00:00.000Z',
      '2026-03-29T22:00:00.000Z',
      '2026-03-30T22:00:00.000Z',
    ])
    expect(times('1990-01-01T00:00:00Z', '2026-01-01T00:00:00Z', 'UTC', 8).length).toBeLessThan(10)
  })

  it('are none where nothing lies between', () => {
    expect(clockTicks(1000, 0, 'UTC', 5)).toEqual([])
  })
})
