import { HOUR } from '../../store/database/timestamp.ts'

/** Least lines of a cadence: with two, nothing is usual. */
const MIN_LINES = 3

/** How many times its usual gap a camera is silent before that is called silence; below, chance alone does it daily. */
const SILENT_GAPS = 5

/** The least that is called silence: a line is a few seconds under way, and restarts take a minute. */
const MIN_SILENCE_MS = 5 * 60_000

/**
 * The median time between two lines of a camera, in milliseconds; null when it wrote too little. For a camera that
 * writes every hour it follows from the median hour's lines, for others it is the median gap between hours with some: a
 * mean would call a burst a day long "usual".
 *
 * @param byHour lines in each hour, oldest first
 */
export function usualGap(byHour: readonly number[]): number | null {
  const active = byHour.flatMap((count, hour) => (count > 0 ? [hour] : []))
  const lines = active.map((hour) => byHour[hour] ?? 0)
  if (lines.reduce((sum, count) => sum + count, 0) < MIN_LINES) return null
  const gaps = active.slice(1).map((hour, index) => hour - (active[index] ?? 0))
  const gap = gaps.length > 0 ? median(gaps) : 1
  return gap > 1 ? gap * HOUR : HOUR / median(lines)
}

/** How long a camera must write nothing for that to be silence, in milliseconds. */
export function silenceAfter(usualGapMs: number): number {
  return Math.max(SILENT_GAPS * usualGapMs, MIN_SILENCE_MS)
}

/**
 * Which steps lie in a silence: in a run of empty ones that is, up to `endsAt`, at least as long as silence is.
 *
 * @param counts lines in each step, oldest first
 * @param stepMs the length of a step
 * @param endsAt how many milliseconds of the last step are over
 */
export function silentSteps(
  counts: readonly number[],
  stepMs: number,
  endsAt: number,
  usualGapMs: number | null,
): boolean[] {
  const silent = counts.map(() => false)
  if (usualGapMs === null) return silent
  const least = silenceAfter(usualGapMs)
  for (let from = 0; from < counts.length; from++) {
    if (counts[from] !== 0) continue
    let to = from
    while (counts[to] === 0) to++
    const length = (to - from) * stepMs - (to === counts.length ? stepMs - endsAt : 0)
    if (length >= least) silent.fill(true, from, to)
    from = to
  }
  return silent
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2
}
