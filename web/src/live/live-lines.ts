import type { LogRow } from 'timelapser-logs/api'

/** The lines that came over the stream since the page was fetched, newest first. */
export type LiveLines = {
  shown: LogRow[]
  /** Held back while the list is paused. */
  waiting: LogRow[]
  /** How many are held back, also beyond those kept. */
  waitingCount: number
  /** Lines that were never sent or kept; the list says so and offers to load them. */
  skipped: number
}

/** Beyond it the oldest lines leave the screen and are counted as skipped; this many rows hold about 21 MB. */
export const MAX_SHOWN = 100_000
/** Beyond it a paused list only counts, and resuming fetches the page anew. */
export const MAX_WAITING = 2_000

export const NO_LINES: LiveLines = { shown: [], waiting: [], waitingCount: 0, skipped: 0 }

/** ISO timestamps with any number of fractional digits, by time. */
export function compareTimestamps(a: string, b: string): number {
  const [left, right] = [a.slice(0, 19), b.slice(0, 19)]
  if (left !== right) return left < right ? -1 : 1
  const fraction = (text: string) => text.slice(20, -1).padEnd(6, '0')
  const [one, two] = [fraction(a), fraction(b)]
  return one === two ? 0 : one < two ? -1 : 1
}

/** The order of every list: newest first, the higher id first among equal times. */
function compareRows(a: LogRow, b: LogRow): number {
  return compareTimestamps(b.timestamp, a.timestamp) || b.id - a.id
}

/** Merges two newest-first lists; a line in both is taken once. */
export function mergeRows(fresh: readonly LogRow[], rows: readonly LogRow[]): LogRow[] {
  if (fresh.length === 0) return rows as LogRow[]
  const merged: LogRow[] = []
  let [left, right] = [0, 0]
  while (left < fresh.length || right < rows.length) {
    const a = fresh[left]
    const b = rows[right]
    const order = a === undefined ? 1 : b === undefined ? -1 : compareRows(a, b)
    const next = order <= 0 ? a : b
    if (order <= 0) left += 1
    if (order >= 0) right += 1
    if (next !== undefined && merged.at(-1)?.id !== next.id) merged.push(next)
  }
  return merged
}

/** Takes a batch off the stream, onto the list or into what waits. */
export function addLines(
  lines: LiveLines,
  batch: readonly LogRow[],
  paused: boolean,
  lost: number,
): LiveLines {
  const fresh = [...batch].sort(compareRows)
  const skipped = lines.skipped + lost
  if (paused) {
    const known = new Set(lines.waiting.map((row) => row.id))
    const added = fresh.filter((row) => !known.has(row.id)).length
    const waiting = mergeRows(fresh, lines.waiting).slice(0, MAX_WAITING)
    return { ...lines, waiting, waitingCount: lines.waitingCount + added, skipped }
  }
  const merged = mergeRows(fresh, lines.shown)
  const over = Math.max(0, merged.length - MAX_SHOWN)
  return { ...lines, shown: over > 0 ? merged.slice(0, MAX_SHOWN) : merged, skipped: skipped + over }
}

/** Shows what waited; null when more came than was kept and the page has to be fetched anew. */
export function showWaiting(lines: LiveLines): LiveLines | null {
  if (lines.waitingCount > lines.waiting.length) return null
  return addLines({ ...lines, waiting: [], waitingCount: 0 }, lines.waiting, false, 0)
}
