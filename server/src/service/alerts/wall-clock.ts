// Instants by the clocks of a zone; instants are milliseconds.
import { DAY, MINUTE } from '../../store/database/timestamp.ts'
import { zoneOf } from '../logs/time-zone.ts'

/** A time of day in a zone. */
export type DailyTime = {
  /** `07:00`. */
  at: string
  timezone: string
}

/** The last instant at which it was that time of day, not after `instant`. */
export function lastTime(instant: number, time: DailyTime): number {
  for (let date = localDate(instant, time.timezone) + 1; ; date--) {
    const one = timeOn(date, time)
    if (one <= instant) return one
  }
}

/** The first instant after `instant` at which it is that time of day. */
export function nextTime(instant: number, time: DailyTime): number {
  for (let date = localDate(instant, time.timezone) - 1; ; date++) {
    const one = timeOn(date, time)
    if (one > instant) return one
  }
}

/** The local date of an instant, as days since 1970. */
export function localDate(instant: number, timezone: string): number {
  return Math.floor(wallOf(instant, timezone) / DAY)
}

/** The same time of day some local days earlier: 23 or 25 hours where the clocks were changed. */
export function daysEarlier(instant: number, days: number, timezone: string): number {
  return zoneOf(timezone).instantOf(wallOf(instant, timezone) - days * DAY)
}

/** `2026-01-31 07:00`, as the clocks of the zone show it. */
export function wallText(instant: number, timezone: string): string {
  return new Date(wallOf(instant, timezone)).toISOString().slice(0, 16).replace('T', ' ')
}

function wallOf(instant: number, timezone: string): number {
  return instant + zoneOf(timezone).offsetAt(instant)
}

function timeOn(date: number, { at, timezone }: DailyTime): number {
  const minutes = Number(at.slice(0, 2)) * 60 + Number(at.slice(3))
  return zoneOf(timezone).instantOf(date * DAY + minutes * MINUTE)
}
