import { LRUCache } from 'lru-cache'
import { type TimeZone, timeZone } from '../../ingest/time-zone.ts'
import { AppError } from '../app-error.ts'

/** A zone is slow to open and quick to use; a caller may name any of some 600. */
const zones = new LRUCache<string, TimeZone>({ max: 64 })

/** Whether it is an IANA name. Offsets like +02:00 are not: they know no summer time. */
function isTimeZone(name: string): boolean {
  try {
    zoneOf(name)
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
    `timezone must be an IANA name such as Europe/Berlin; it is "${name.slice(0, 60)}".`,
  )
}

/** @throws RangeError when there is no IANA zone of that name */
export function zoneOf(name: string): TimeZone {
  const known = zones.get(name)
  if (known) return known
  const zone = timeZone(name)
  zones.set(name, zone)
  return zone
}
