import { expect, it } from 'vitest'
import { activeHours } from './active-hours.ts'
import type { ActiveHoursInput } from './alert-rule.ts'
import { sunTimes } from './sun-times.ts'

const MINUTE = 60_000

// As almanacs and newspapers have them, in the clocks of the place.
it.each([
  ['Berlin', '2024-06-21', 52.52, 13.405, '04:43+02:00', '21:33+02:00'],
  ['London', '2024-12-21', 51.507, -0.128, '08:04+00:00', '15:53+00:00'],
  ['New York', '2024-03-20', 40.713, -74.006, '06:59-04:00', '19:08-04:00'],
  ['Sydney', '2024-06-21', -33.869, 151.209, '07:00+10:00', '16:54+10:00'],
])('finds the sunrise and sunset of %s on %s', (_, date, latitude, longitude, sunrise, sunset) => {
  const times = sunTimes(Date.parse(`${date}T00:00:00Z`), latitude, longitude)
  if (typeof times === 'string') throw new Error(times)
  expect(Math.abs(times.sunrise - Date.parse(`${date}T${sunrise}`))).toBeLessThanOrEqual(2 * MINUTE)
  expect(Math.abs(times.sunset - Date.parse(`${date}T${sunset}`))).toBeLessThanOrEqual(2 * MINUTE)
})

it.each([
  ['up', '2024-06-21'],
  ['down', '2024-12-21'],
])('knows that the sun stays %s in Tromsø', (state, date) => {
  expect(sunTimes(Date.parse(`${date}T00:00:00Z`), 69.65, 18.96)).toBe(state)
})

const berlin = { timezone: 'Europe/Berlin', latitude: 52.52, longitude: 13.405 }
const tromso = { timezone: 'Europe/Oslo', latitude: 69.65, longitude: 18.96 }
const day = { from: 'sunrise', to: 'sunset' }
const night = { from: 'sunset', to: 'sunrise' }

it.each<[string, ActiveHoursInput, string, boolean]>([
  ['the first hour of a summer day', { ...berlin, ...day }, '2024-06-21T05:00+02:00', true],
  ['the minutes before sunrise', { ...berlin, ...day }, '2024-06-21T04:35+02:00', false],
  ['the evening', { ...berlin, ...day }, '2024-06-21T21:40+02:00', false],
  ['the same hour in winter', { ...berlin, ...day }, '2024-12-21T08:00+01:00', false],
  [
    'half an hour after sunrise',
    { ...berlin, from: 'sunrise+30', to: 'sunset-60' },
    '2024-06-21T05:00+02:00',
    false,
  ],
  [
    'an hour before sunset',
    { ...berlin, from: 'sunrise+30', to: 'sunset-60' },
    '2024-06-21T20:40+02:00',
    false,
  ],
  [
    'a clock in the morning and the sun in the evening',
    { ...berlin, from: '09:00', to: 'sunset' },
    '2024-06-21T21:00+02:00',
    true,
  ],
  ['midnight, of a night', { ...berlin, ...night }, '2024-06-21T00:00+02:00', true],
  ['noon, of a night', { ...berlin, ...night }, '2024-06-21T12:00+02:00', false],
  ['midnight where the sun does not set', { ...tromso, ...day }, '2024-06-21T00:30+02:00', true],
  ['noon where the sun does not rise', { ...tromso, ...day }, '2024-12-21T12:00+01:00', false],
  ['noon of the night where it does not rise', { ...tromso, ...night }, '2024-12-21T12:00+01:00', true],
  ['midnight where the night does not come', { ...tromso, ...night }, '2024-06-21T00:30+02:00', false],
  // The sun sets in Reykjavík after midnight, by the clock.
  [
    'after midnight, before the sunset',
    { timezone: 'Atlantic/Reykjavik', latitude: 64.15, longitude: -21.94, ...day },
    '2024-06-22T00:01+00:00',
    true,
  ],
  ['a day that is not meant', { ...berlin, ...day, days: ['mon'] }, '2024-06-21T12:00+02:00', false],
])('judges by the sun: %s', (_, hours, instant, isActive) => {
  expect(activeHours(hours).isActive(Date.parse(instant))).toBe(isActive)
})

it('goes by the place of a group that has its own', () => {
  const hours = { ...berlin, ...day, places: [{ group: '7', latitude: -33.869, longitude: 151.209 }] }
  // Noon in Berlin is night in Sydney.
  const noon = Date.parse('2024-06-21T12:00+02:00')
  expect([activeHours(hours).isActive(noon), activeHours(hours, '7').isActive(noon)]).toEqual([true, false])
})

const at = (instant: string) => Date.parse(instant)

// The clocks of Berlin go from 02:00 to 03:00 on 2026-03-29, and from 03:00 back to 02:00 on 2026-10-25.
it.each([
  ['after the hour that is left out', '02:30', '05:00', '2026-03-29T03:10+02:00', true],
  ['before the hour that is left out', '02:30', '05:00', '2026-03-29T01:59+01:00', false],
  ['in the hour that comes twice, first', '02:00', '03:00', '2026-10-25T02:30+02:00', true],
  ['in the hour that comes twice, again', '02:00', '03:00', '2026-10-25T02:30+01:00', true],
  ['after the hour that comes twice', '02:00', '03:00', '2026-10-25T03:00+01:00', false],
  ['at the end of a night with 23 hours', '22:00', '06:00', '2026-03-29T05:59+02:00', true],
  ['after a night with 25 hours', '22:00', '06:00', '2026-10-25T06:00+01:00', false],
])('goes by the clocks of the zone when these change: %s', (_, from, to, instant, isActive) => {
  expect(activeHours({ timezone: 'Europe/Berlin', from, to }).isActive(at(instant))).toBe(isActive)
})

it('counts real time over a change of the clocks', () => {
  const day = activeHours({ timezone: 'Europe/Berlin', from: '06:00', to: '21:00' })
  expect(day.nextActive(at('2026-10-24T21:00+02:00'))).toBe(at('2026-10-25T06:00+01:00'))
  expect(day.nextActive(at('2026-03-28T21:00+01:00'))).toBe(at('2026-03-29T06:00+02:00'))
  const morning = activeHours({ timezone: 'Europe/Berlin', from: '00:00', to: '12:00' })
  expect(morning.activeSince(at('2026-03-29T06:00+02:00'), 0)).toBe(at('2026-03-29T00:00+01:00'))
  expect(morning.activeSince(at('2026-10-25T06:00+01:00'), 0)).toBe(at('2026-10-25T00:00+02:00'))
})
