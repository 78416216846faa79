/** A clock that goes back further than this was set; less is the two clocks drifting, and lines keep their order. */
const STEP_MS = 5

let offsetMs = Date.now() - performance.now()
let lastMicros = 0
let cachedSecond = Number.NaN
let cachedPrefix = ''

/**
 * The time of the call as records carry it: `2025-01-01T12:30:00.123456Z`. Within the process a later call has a
 * later time, also within one millisecond, unless the machine's clock was set back.
 */
export function eventTime(): string {
  const wall = Date.now()
  const monotonic = performance.now()
  let now = offsetMs + monotonic
  // The wall clock gives the milliseconds, the monotonic clock the fractions below them.
  if (now < wall || now >= wall + 1) {
    offsetMs = wall - monotonic
    now = wall
  }
  let micros = Math.floor(now * 1000)
  // The monotonic clock ticks slower than some loops log; one microsecond more keeps the lines in their order.
  if (micros <= lastMicros && lastMicros - micros < STEP_MS * 1000) micros = lastMicros + 1
  lastMicros = micros
  return formatMicros(micros)
}

/** Microseconds since 1970 as ISO 8601 in UTC with six fractional digits. */
export function formatMicros(micros: number): string {
  const second = Math.floor(micros / 1_000_000)
  if (second !== cachedSecond) {
    cachedSecond = second
    cachedPrefix = `${new Date(second * 1000).toISOString().slice(0, 19)}.`
  }
  // The leading 1 keeps the zeros: cheaper than padStart.
  return `${cachedPrefix}${String(1_000_000 + (micros - second * 1_000_000)).slice(1)}Z`
}
