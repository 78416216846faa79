import { LRUCache } from 'lru-cache'
import { AppError } from '../app-error.ts'

/** One formatter a zone is slow to make and quick to use; a caller may name any of some 600. */
const formats = new LRUCache<string, Intl.DateTimeFormat>({ max: 64 })

/** Whether it is an IANA name. Offsets such as +02:00 are none: they know no summer time. */
export function isTimeZone(name: string): boolean {
  try {
    formatOf(name)
    return !/^[+-]/.test(name)
  } catch {
    return false
  }
}

/** @throws {AppError} INVALID_REQUEST naming the field when it is no IANA name */
export function parseTimeZone(name: string): string {
  if (isTimeZone(name)) return name
  throw new AppError(
    'INVALID_REQUEST',
    `timezone has to be an IANA name such as Europe/Berlin; "${name.slice(0, 60)}" is none.`,
  )
}

/** Milliseconds the zone is ahead of UTC at the instant. */
export function zoneOffset(zone: string, millis: number): number {
  if (zone === 'UTC') return 0
  const name = formatOf(zone)
    .formatToParts(millis)
    .find(({ type }) => type === 'timeZoneName')?.value
  const match = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(name ?? '')
  if (match?.[1] === undefined) return 0
  const ahead = (Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0)) * 1000
  return match[1] === '-' ? -ahead : ahead
}

const DAY = 86_400_000

/**
 * The first instant at which the zone's clocks show the wall time, given as if it were UTC. One that they pass over is
 * the instant at which they do.
 */
export function instantOf(zone: string, wallMillis: number): number {
  const before = zoneOffset(zone, wallMillis - DAY)
  const after = zoneOffset(zone, wallMillis + DAY)
  if (before === after) return wallMillis - before
  const shown = [wallMillis - before, wallMillis - after].filter(
    (instant) => instant + zoneOffset(zone, instant) === wallMillis,
  )
  return shown.length > 0 ? Math.min(...shown) : wallMillis - before
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known) return known
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
  formats.set(zone, format)
  return format
}
