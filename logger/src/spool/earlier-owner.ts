import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A hold of the earlier form that was not renewed for this time is over; it was renewed every 15 seconds. */
const PRESUMED_DEAD_MS = 5 * 60_000

/**
 * Gives a folder that an earlier version has left the form of today: its holder was a file `owner`, with the
 * destination in it.
 */
export function convertEarlierFolder(folder: string, nowMs: number): void {
  const file = join(folder, 'owner')
  try {
    const owner = JSON.parse(readFileSync(file, 'utf8')) as { destination?: unknown; released?: unknown }
    if (typeof owner.destination !== 'string') return
    if (owner.released !== true && nowMs - statSync(file).mtimeMs < PRESUMED_DEAD_MS) return
    writeFileSync(join(folder, 'destination'), owner.destination, { mode: 0o600 })
    renameSync(file, join(folder, 'free'))
  } catch {
    // A folder of the current format has no owner file, and of two processes one converts it.
  }
}
