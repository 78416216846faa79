// Relative ranges end at the server's now: a browser whose clock is slow would otherwise miss the newest lines.
// The Date header has whole seconds, so an offset below two seconds is taken for none.
const NOISE_MS = 2000

let offsetMs = 0

export function noteServerDate(header: string | null): void {
  const server = header === null ? Number.NaN : Date.parse(header)
  if (Number.isNaN(server)) return
  const difference = server - Date.now()
  offsetMs = Math.abs(difference) < NOISE_MS ? 0 : difference
}

export function serverNow(): number {
  return Date.now() + offsetMs
}

/** How far this browser's clock is behind the server's; negative when it is ahead. */
export function clockOffsetMs(): number {
  return offsetMs
}
