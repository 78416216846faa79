import type { Kind } from './choice.ts'
import type { ShownSeries } from './shown-series.ts'

/** A point of a series. */
export type Place = { step: number; series: number }

export type Plot = {
  width: number
  height: number
  isBars: boolean
  /** The values of the lines across, lowest first. */
  ticks: number[]
  /** The middle of a step. */
  xOf: (step: number) => number
  /** The step at an x, the first or the last beyond them. */
  stepAt: (x: number) => number
  yOf: (value: number) => number
  /** The shape of each series, in the order of the series: lines to be stroked, bars to be filled. */
  shapes: string[]
  /** Points without neighbours, which no line shows. */
  dots: { series: number; x: number; y: number }[]
  /** Where a series is drawn in a step; null where it has no point. */
  topOf: (series: number, step: number) => { y: number; bottom: number } | null
}

const LINES_ACROSS = 4
/** The share of a step that bars take. */
const BAR_SHARE = 0.86
/** The widest bar; a few bars over a wide window are no walls. */
const WIDEST_PX = 48

/** Lays series out on a plane of pixels. @param isStacked whether bars stand on each other */
export function layOut(
  series: readonly Pick<ShownSeries, 'points'>[],
  {
    steps,
    width,
    height,
    kind,
    isStacked,
  }: { steps: number; width: number; height: number; kind: Kind; isStacked: boolean },
): Plot {
  const isBars = kind === 'bars'
  const isPiled = isBars && isStacked
  const tops = isPiled ? pile(series, steps) : series.map(({ points }) => points)
  const values = tops.flatMap((points) => points.filter((value) => value !== null))
  const ticks = ticksOf(Math.min(0, ...minimumOf(values)), Math.max(0, ...maximumOf(values)))
  const [least, most] = [ticks[0] ?? 0, ticks.at(-1) ?? 1]
  const pitch = width / Math.max(1, steps)
  const xOf = (step: number) => (step + 0.5) * pitch
  const yOf = (value: number) => height - ((value - least) / (most - least)) * height
  const topOf = (at: number, step: number) => {
    const top = tops[at]?.[step] ?? null
    if (top === null || (series[at]?.points[step] ?? null) === null) return null
    return { y: yOf(top), bottom: yOf(isPiled ? (tops[at - 1]?.[step] ?? 0) : 0) }
  }
  const stepAt = (x: number) => Math.max(0, Math.min(Math.floor((x / width) * steps), steps - 1))
  const plane = { width, height, isBars, ticks, xOf, stepAt, yOf, topOf }
  if (isBars) return { ...plane, ...barsOf(series.length, steps, pitch, isPiled, topOf) }
  return { ...plane, ...linesOf(tops, xOf, yOf) }
}

/** The point of a step that is nearest to a y; a bar around it is nearer than any other. @param count of the series */
export function nearestTo(plot: Plot, count: number, step: number, y: number): Place {
  let best = { step, series: 0 }
  let least = Number.POSITIVE_INFINITY
  for (let series = 0; series < count; series++) {
    const at = plot.topOf(series, step)
    if (!at) continue
    const isInside = plot.isBars && y >= at.y && y <= at.bottom
    const distance = isInside ? -1 : Math.abs(at.y - y)
    if (distance < least) [best, least] = [{ step, series }, distance]
  }
  return best
}

/** Round values that include both ends, about four of them apart. */
function ticksOf(least: number, most: number): number[] {
  if (most <= least) return [0, 1]
  const rough = (most - least) / LINES_ACROSS
  const size = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map((one) => one * size).find((one) => one >= rough) ?? size * 10
  const first = Math.floor(least / step)
  const count = Math.ceil(most / step) - first
  // From whole numbers: added up, tenths would not be tenths.
  return Array.from({ length: count + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)))
}

/** Running sums from the first series on; a series without a point adds nothing. */
function pile(series: readonly Pick<ShownSeries, 'points'>[], steps: number): number[][] {
  const sums = new Array<number>(steps).fill(0)
  return series.map(({ points }) => {
    for (let step = 0; step < steps; step++) sums[step] = (sums[step] ?? 0) + (points[step] ?? 0)
    return [...sums]
  })
}

function linesOf(
  tops: readonly (readonly (number | null)[])[],
  xOf: Plot['xOf'],
  yOf: Plot['yOf'],
): Pick<Plot, 'shapes' | 'dots'> {
  const dots: Plot['dots'] = []
  const shapes = tops.map((points, series) =>
    points
      .map((value, step) => {
        if (value === null) return ''
        const [before, after] = [points[step - 1] ?? null, points[step + 1] ?? null]
        const [x, y] = [xOf(step), yOf(value)]
        if (before === null && after === null) dots.push({ series, x, y })
        return `${before === null ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`
      })
      .join(''),
  )
  return { shapes, dots }
}

function barsOf(
  count: number,
  steps: number,
  pitch: number,
  isPiled: boolean,
  topOf: Plot['topOf'],
): Pick<Plot, 'shapes' | 'dots'> {
  const across = Math.min(pitch * BAR_SHARE, WIDEST_PX)
  const each = isPiled ? across : across / Math.max(1, count)
  const shapes = Array.from({ length: count }, (_, series) => {
    let shape = ''
    for (let step = 0; step < steps; step++) {
      const place = topOf(series, step)
      if (place === null || place.y === place.bottom) continue
      const left = step * pitch + (pitch - across) / 2 + (isPiled ? 0 : series * each)
      shape += `M${left.toFixed(1)} ${place.bottom.toFixed(1)}V${place.y.toFixed(1)}h${Math.max(0.8, each).toFixed(1)}V${place.bottom.toFixed(1)}z`
    }
    return shape
  })
  return { shapes, dots: [] }
}

// One by one: a call takes some 120,000 arguments.
function minimumOf(values: readonly number[]): number[] {
  return values.length === 0 ? [] : [values.reduce((least, value) => Math.min(least, value))]
}

function maximumOf(values: readonly number[]): number[] {
  return values.length === 0 ? [] : [values.reduce((most, value) => Math.max(most, value))]
}
