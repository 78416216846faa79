// A sample of a range of time that grows: each pass reads more of every stretch, until all was read.
import { DAY, floorTo, fromMillis, maximum, toMillis } from '../database/timestamp.ts'
import type { Group } from './log-rows.ts'

/** A stretch of time that is read at once, half-open, in milliseconds. */
export type Slice = {
  from: number
  to: number
  /** The step of the chart that it lies in. */
  step: number
  /** Blocks that begin in [`blocksFrom`, `to`) are read with it. */
  blocksFrom: number
}

/** A stretch that a pass reads a part of. */
export type Stratum = { from: number; to: number; step: number; blocksFrom: number; phase: number }

/** Stretches of a range: so many that what happens every few minutes is met as often as it happens. */
const STRATA = 1200
const SHORTEST_MS = 64

/** The shares of a range that a pass begins and ends with. */
export type Pass = { from: number; to: number }

/** Multiples of it lie as evenly between two whole numbers as can be, however many there are. */
const GOLDEN = (Math.sqrt(5) - 1) / 2

/**
 * The stretches of a group of partitions, in order.
 *
 * @param range of the chart, in milliseconds, the last one excluded
 * @param older where the group before it ends, if there is one: blocks that begin in between may reach into this one
 */
export function strataOf(
  group: Group,
  { from, end, starts }: { from: number; end: number; starts: readonly number[] },
  older: string | undefined,
): Stratum[] {
  const lower = Math.max(from, toMillis(group.lower))
  const upper = Math.min(end, toMillis(group.upper))
  const bounds = [...new Set([lower, ...starts.filter((at) => at > lower && at < upper), upper])]
  const size = Math.max(SHORTEST_MS, (end - from) / STRATA)
  const strata: Stratum[] = []
  for (const [index, at] of bounds.slice(0, -1).entries()) {
    const to = bounds[index + 1] as number
    const parts = Math.max(1, Math.round((to - at) / size))
    const step = Math.max(
      0,
      starts.findLastIndex((start) => start <= at),
    )
    for (let part = 0; part < parts; part++) {
      const cut = (place: number) => at + Math.floor((place / parts) * (to - at))
      const [first, last] = [cut(part), cut(part + 1)]
      const phase = Math.floor((((strata.length + 1) * GOLDEN) % 1) * (last - first))
      strata.push({ from: first, to: last, step, blocksFrom: first, phase })
    }
  }
  const [earliest] = strata
  // A block ends with its day.
  const day = floorTo(fromMillis(lower), DAY)
  if (earliest) earliest.blocksFrom = older === undefined ? day : toMillis(maximum(older, fromMillis(day)))
  return strata
}

/** The part of a stretch between two shares of it: a place on a circle that begins anywhere, so it may be in two pieces. */
export function slicesOf({ from, to, step, blocksFrom, phase }: Stratum, share: Pass): Slice[] {
  const length = to - from
  const placeOf = (one: number) => phase + (one >= 1 ? length : Math.floor(one * length))
  const [first, last] = [placeOf(share.from), placeOf(share.to)]
  const pieces = [
    [first, Math.min(last, length)],
    [Math.max(0, first - length), last - length],
  ] as const
  return pieces
    .filter(([one, other]) => one < other)
    .map(([one, other]) => ({
      ...{ from: from + one, to: from + other, step },
      blocksFrom: one === 0 ? blocksFrom : from + one,
    }))
}

/** The share of its stretch at which an instant is read, between 0 and 1; see `slicesOf`. */
export function shareOf({ from, to, phase }: Stratum, at: number): number {
  const length = to - from
  return ((Math.max(0, at - from) - phase + length) % length) / length
}

/** The parts in an order that jumps over all of the range. */
export function jumping<T>(parts: readonly T[]): T[] {
  const placeOf = (index: number) => (index * GOLDEN) % 1
  return [...parts.entries()].sort(([a], [b]) => placeOf(a) - placeOf(b)).map(([, part]) => part)
}
