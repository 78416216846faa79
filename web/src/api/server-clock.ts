// Relative ranges end at the server's now: a browser whose clock is slow would otherwise miss the newest lines.
// The Date header has whole seconds, so an offset below two seconds is taken for none.
const NOISE_MS = 2000

let offsetMs = 0
const listeners = new Set<() => void>()

/** Takes a Date header; an offset that is the same but for noise stays, so that nobody asks anew for nothing. */
export function noteServerDate(header: string | null): void {
  const server = header === null ? Number.NaN : Date.parse(header)
  if (Number.isNaN(server)) return
  const difference = server - Date.now()
  if (Math.abs(difference - offsetMs) < NOISE_MS) return
  offsetMs = Math.abs(difference) < NOISE_MS ? 0 : difference
  for (const listener of listeners) listener()
}

export function serverNow(): number {
  return Date.now() + offsetMs
}

/** How far this browser's clock is behind the server's; negative when it is ahead. */
export function clockOffsetMs(): number {
  return offsetMs
}

/** Calls the listener when the offset has changed; returns the way to stop. */
export function onClockOffset(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
