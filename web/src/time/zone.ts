/** Wall-clock fields of an instant in a zone. */
export type WallTime = {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
}

const formats = new Map<string, Intl.DateTimeFormat>()

function wallFormat(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known) return known
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    era: 'short',
  })
  formats.set(zone, made)
  return made
}

export function wallTime(instant: number, zone: string): WallTime {
  const fields: Record<string, number> = {}
  for (const part of wallFormat(zone).formatToParts(instant)) fields[part.type] = Number(part.value)
  const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = fields
  return { year, month, day, hour, minute, second }
}

function asIfUtc(wall: WallTime): number {
  return Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second)
}

/**
 * The instant at which clocks in `zone` show `wall`. Overflowing fields carry (day 0 is the day before). A time that
 * a change of clocks skips is read as if the clocks had not changed; in a repeated hour the first is meant.
 */
export function instantOf(wall: WallTime, zone: string): number {
  const target = asIfUtc(wall)
  const offsetAt = (instant: number) => asIfUtc(wallTime(instant, zone)) - Math.floor(instant / 1000) * 1000
  const before = target - offsetAt(target - 86_400_000)
  if (before + offsetAt(before) === target) return before
  const after = target - offsetAt(target + 86_400_000)
  return after + offsetAt(after) === target ? after : before
}

export function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

export const localZone = Intl.DateTimeFormat().resolvedOptions().timeZone
