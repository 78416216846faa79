// Names of time zones as logs write them. An abbreviation that several zones share means the one named here; docs/ingest.md
// has the rule.
import { type NaiveClock, zoneClock } from './time-zone.ts'

/** Hours ahead of UTC. */
const HOURS: Readonly<Record<string, number>> = {
  ...{ Z: 0, UTC: 0, GMT: 0, UT: 0, WET: 0, WEST: 1, BST: 1, CET: 1, MEZ: 1, CEST: 2, MESZ: 2, EET: 2 },
  ...{ SAST: 2, EEST: 3, MSK: 3, IST: 5.5, PKT: 5, WIB: 7, SGT: 8, HKT: 8, AWST: 8, JST: 9, KST: 9 },
  ...{ ACST: 9.5, ACDT: 10.5, AEST: 10, AEDT: 11, NZST: 12, NZDT: 13 },
  ...{ BRT: -3, NST: -3.5, AST: -4, ADT: -3, EST: -5, EDT: -4, CST: -6, CDT: -5, MST: -7, MDT: -6 },
  ...{ PST: -8, PDT: -7, AKST: -9, AKDT: -8, HST: -10 },
}

const NAMES = Object.keys(HOURS)
  .filter((name) => !['Z', 'UTC', 'GMT', 'UT'].includes(name))
  .join('|')

/**
 * A zone behind a clock, its space included. After a space a two-digit offset needs a plus or a leading zero: ` -10` may be the
 * first word of the message.
 */
export const ZONE_SOURCE =
  String.raw`(Z(?![A-Za-z\d])|[+-]\d\d:?\d\d(?!:?\d)|[+-]\d\d(?![\d:])| [+-]\d\d:?\d\d(?!:?\d)| (?:\+\d\d|-0\d)(?![\d:.\w])` +
  String.raw`| ?(?:UTC|GMT)(?:[+-]\d{1,2}(?::?\d\d)?)?(?![A-Za-z\d/])` +
  `| (?:${NAMES})(?![A-Za-z\\d/])` +
  String.raw`| (?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific)/[A-Za-z_+-]{2,30}(?:/[A-Za-z_]{2,30})?(?![A-Za-z\d])` +
  ')?'

/** The meaning of a written zone: seconds ahead of UTC, or the clock of a place. */
export type WrittenZone = number | NaiveClock

const OFFSET = /^(?:UTC|GMT)?([+-])(\d{1,2}):?(\d\d)?$/i

/** @param zone as `ZONE_SOURCE` matches it. */
export function readZone(zone: string): WrittenZone | undefined {
  const name = zone.trim()
  const match = OFFSET.exec(name)
  if (match !== null) {
    const ahead = Number(match[2]) * 3600 + Number(match[3] ?? 0) * 60
    if (ahead > 50_400 + 3600) return undefined
    return match[1] === '-' ? -ahead : ahead
  }
  const hours = HOURS[name.toUpperCase()]
  if (hours !== undefined) return hours * 3600
  return name.includes('/') ? placeClock(name) : undefined
}

const clocks = new Map<string, NaiveClock | undefined>()
/** Zones remembered; the tz database names some 600. */
const MAX_CLOCKS = 1000

function placeClock(name: string): NaiveClock | undefined {
  if (clocks.has(name)) return clocks.get(name)
  let clock: NaiveClock | undefined
  try {
    clock = zoneClock(name)
  } catch {
    clock = undefined
  }
  if (clocks.size >= MAX_CLOCKS) clocks.clear()
  // A copy: the name is a view of its whole body, which would be kept as long.
  clocks.set(Buffer.from(name).toString(), clock)
  return clock
}
