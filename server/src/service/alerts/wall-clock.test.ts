import { expect, it } from 'vitest'
import { daysEarlier, lastTime, nextTime, wallText } from './wall-clock.ts'

const at = (text: string) => Date.parse(text)
const iso = (instant: number) => new Date(instant).toISOString()
const seven = { at: '07:00', timezone: 'Europe/Berlin' }

it.each([
  ['in winter', '2026-01-10T12:00:00Z', '2026-01-10T06:00:00.000Z', '2026-01-11T06:00:00.000Z'],
  ['at the very time', '2026-01-10T06:00:00Z', '2026-01-10T06:00:00.000Z', '2026-01-11T06:00:00.000Z'],
  [
    'before the clocks go forward',
    '2026-03-28T07:00:00Z',
    '2026-03-28T06:00:00.000Z',
    '2026-03-29T05:00:00.000Z',
  ],
  [
    'before the clocks go back',
    '2026-10-24T07:00:00Z',
    '2026-10-24T05:00:00.000Z',
    '2026-10-25T06:00:00.000Z',
  ],
])('finds the time of day before and after an instant %s', (_, instant, last, next) => {
  expect([iso(lastTime(at(instant), seven)), iso(nextTime(at(instant), seven))]).toEqual([last, next])
})

it('finds a time that the clocks skip or show twice once each day', () => {
  const half = { at: '02:30', timezone: 'Europe/Berlin' }
  for (const [from, days] of [
    ['2026-03-27T12:00:00Z', 4],
    ['2026-10-23T12:00:00Z', 4],
  ] as const) {
    let instant = at(from)
    const dates = Array.from({ length: days }, () => {
      instant = nextTime(instant, half)
      expect(lastTime(instant, half)).toBe(instant)
      return wallText(instant, half.timezone).slice(0, 10)
    })
    expect(new Set(dates).size).toBe(days)
  }
})

it('goes back by local days over a change of the clocks', () => {
  const noon = at('2026-03-30T10:00:00Z')
  expect(iso(daysEarlier(noon, 1, 'Europe/Berlin'))).toBe('2026-03-29T10:00:00.000Z')
  expect(iso(daysEarlier(noon, 2, 'Europe/Berlin'))).toBe('2026-03-28T11:00:00.000Z')
  expect(iso(daysEarlier(noon, 2, 'UTC'))).toBe('2026-03-28T10:00:00.000Z')
  expect(wallText(noon, 'Asia/Kathmandu')).toBe('2026-03-30 15:45')
})
