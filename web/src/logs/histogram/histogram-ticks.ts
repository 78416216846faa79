import { instantOf, wallTime } from '../../time/zone.ts'

export type Tick = { at: number; text: string }

const DAY = 86_400
/** Seconds between two labels, of those that a clock has. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200]
const DAYS = [1, 2, 7, 14, 30, 90, 180, 365, 730, 1825, 3650]

/** Round times of the clocks of `zone` in [from, to], milliseconds, oldest first and about `most` at most: the day where one begins, seconds only where they are that close. */
export function clockTicks(from: number, to: number, zone: string, most: number): Tick[] {
  const fits = (seconds: number) => (to - from) / 1000 / seconds <= most
  const step = STEPS.find(fits)
  const instants =
    step === undefined
      ? midnights(from, to, zone, DAYS.find((days) => fits(days * DAY)) ?? 3650)
      : rounded(from, to, zone, step)
  const day = new Intl.DateTimeFormat(undefined, { timeZone: zone, month: 'short', day: 'numeric' })
  return instants.map((at) => {
    const { hour, minute, second } = wallTime(at, zone)
    if (hour + minute + second === 0) return { at, text: day.format(at) }
    const clock = `${two(hour)}:${two(minute)}`
    return { at, text: step !== undefined && step < 60 ? `${clock}:${two(second)}` : clock }
  })
}

function rounded(from: number, to: number, zone: string, step: number): number[] {
  const down = (instant: number) => {
    const { hour, minute, second } = wallTime(instant, zone)
    return instant - (((hour * 60 + minute) * 60 + second) % step) * 1000 - (instant % 1000)
  }
  const instants: number[] = []
  // From the middle of the next step: where clocks change it is an hour longer or shorter, and still hit.
  for (let at = down(from); at <= to; at = down(at + step * 1500)) if (at >= from) instants.push(at)
  return instants
}

function midnights(from: number, to: number, zone: string, days: number): number[] {
  const instants: number[] = []
  const first = { ...wallTime(from, zone), hour: 0, minute: 0, second: 0 }
  for (let add = 0; ; add += days) {
    const at = instantOf({ ...first, day: first.day + add }, zone)
    if (at > to) return instants
    if (at >= from) instants.push(at)
  }
}

const two = (value: number) => String(value).padStart(2, '0')
