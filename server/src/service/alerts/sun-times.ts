import { getTimes } from 'suncalc'
import { DAY } from '../../store/database/timestamp.ts'

/** Instants in milliseconds; `up` and `down` where the sun does not set, or rise, on that date. */
export type SunTimes = { sunrise: number; sunset: number } | 'up' | 'down'

/**
 * When the sun rises and sets on a date at a place, within a minute or so between the polar circles.
 *
 * @param date midnight UTC of the date as calendars at the place have it
 */
export function sunTimes(date: number, latitude: number, longitude: number): SunTimes {
  // The library takes the solar day that an instant is in.
  const noon = new Date(date + (0.5 - longitude / 360) * DAY)
  const { sunrise, sunset, alwaysUp } = getTimes(noon, latitude, longitude)
  if (sunrise && sunset) return { sunrise: sunrise.getTime(), sunset: sunset.getTime() }
  return alwaysUp ? 'up' : 'down'
}
