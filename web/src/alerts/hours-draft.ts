// Hours of a rule while they are edited: those in which it is evaluated, or those in which notices are held back.
import type { AlertRuleInput } from 'timelapser-logs/api'
import { decimal } from './condition-draft.ts'

type Hours = NonNullable<AlertRuleInput['active_hours']>

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

export const DAY_NAMES: Readonly<Record<string, string>> = {
  ...{ mon: 'Mon', tue: 'Tue', wed: 'Wed', thu: 'Thu', fri: 'Fri' },
  ...{ sat: 'Sat', sun: 'Sun' },
}

export type HoursDraft = {
  timezone: string
  /** Clock times, or `sunrise` and `sunset` with minutes before or after. */
  from: string
  to: string
  days: string[]
  /** As typed; of sunrise and sunset. */
  latitude: string
  longitude: string
  /** Set by the API or a file; the form leaves them as they are. */
  places?: Hours['places']
}

/** Hours as they are stored, for the form. */
export function toHoursDraft(hours: Hours | undefined): HoursDraft | null {
  if (!hours) return null
  const { timezone, from, to, days, latitude, longitude, places } = hours
  return {
    ...{ timezone, from, to, days: days ?? [...DAYS] },
    ...{ latitude: String(latitude ?? ''), longitude: String(longitude ?? '') },
    ...(places && { places }),
  }
}

/** Hours in words: "from 06:00 to 21:00 on Mon, Sat (UTC)". */
export function hoursText({ timezone, from, to, days }: Hours): string {
  const on = days
    ? ` on ${DAYS.filter((day) => days.includes(day))
        .map((day) => DAY_NAMES[day])
        .join(', ')}`
    : ''
  return `from ${from} to ${to}${on} (${timezone})`
}

/** The hours that a form means, or the sentence that says what is missing; null for none. */
export function toHours(
  draft: HoursDraft | null,
  name: 'active' | 'quiet',
): Hours | { missing: string } | null {
  if (draft === null) return null
  const { days, timezone, from, to, places } = draft
  const Name = name === 'active' ? 'Active' : 'Quiet'
  if (days.length === 0) return { missing: `Choose a day of the ${name} hours.` }
  const place = placeOf(draft)
  if (place === undefined) {
    return { missing: `${Name} hours: latitude goes from -90 to 90, longitude from -180 to 180.` }
  }
  if (!(BOUND.test(from) && BOUND.test(to))) {
    return { missing: `${Name} hours are clock times, or sunrise or sunset, such as sunset-30.` }
  }
  const some = days.length < DAYS.length && { days: DAYS.filter((day) => days.includes(day)) }
  return { timezone, from, to, ...some, ...place, ...(places && { places }) }
}

const BOUND = /^(([01]\d|2[0-3]):[0-5]\d|(sunrise|sunset)([+-]\d{1,3})?)$/

/** Whether the sun begins or ends the hours. */
export function isBySun({ from, to }: Pick<HoursDraft, 'from' | 'to'>): boolean {
  return /^sun/.test(from) || /^sun/.test(to)
}

/** The place of the hours, where they have one; undefined when it is missing or none. */
function placeOf(hours: HoursDraft): { latitude?: number; longitude?: number } | undefined {
  if (!isBySun(hours)) return {}
  const [latitude, longitude] = [decimal(hours.latitude, -90, 90), decimal(hours.longitude, -180, 180)]
  return latitude === null || longitude === null ? undefined : { latitude, longitude }
}
