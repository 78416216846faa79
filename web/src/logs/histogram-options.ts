import uPlot from 'uplot'
import { wallTime } from '../time/zone.ts'
import { STACK } from './histogram-data.ts'

function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
}

/** Bars from the start of each bucket to the start of the next, in the colours of the theme. */
export function chartOptions(chart: {
  zone: string
  width: number
  height: number
  now: () => number
}): uPlot.Options {
  const bars = uPlot.paths.bars?.({ size: [0.86, 48], align: 1, gap: 1 })
  const font = '11px Inter, sans-serif'
  const axis = { font, stroke: token('ink-faint'), ticks: { show: false } }
  return {
    width: chart.width,
    height: chart.height,
    padding: [6, 20, 0, 0],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), chart.zone),
    legend: { show: false },
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: true, y: false, setScale: false },
    },
    scales: {
      x: { time: true, range: (plot) => xRange(plot) },
      y: { range: (_, __, max) => [0, Math.max(1, max)] },
    },
    axes: [
      { ...axis, size: 22, gap: 6, grid: { show: false }, values: clockValues(chart.zone) },
      {
        ...axis,
        size: 44,
        gap: 8,
        splits: (_, __, ___, max) => [0, max],
        values: (plot, splits) =>
          splits.map((value) => (value === 0 || isEmpty(plot) ? '' : compact.format(value))),
        grid: { stroke: token('line'), width: 1 },
      },
    ],
    series: [
      {},
      ...STACK.toReversed().map((level) => {
        const fill = token(`${level}-fill`)
        return {
          label: level,
          fill,
          stroke: fill,
          width: 0,
          points: { show: false },
          ...(bars ? { paths: bars } : {}),
        }
      }),
    ],
    hooks: { draw: [(plot) => markUnfinished(plot, chart.now())] },
  }
}

const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 })

function bucketSeconds(plot: uPlot): number {
  const [first = 0, second = first + 60] = plot.data[0]
  return second - first
}

function xRange(plot: uPlot): [number, number] {
  const starts = plot.data[0]
  const [first, last] = [starts[0], starts.at(-1)]
  return first === undefined || last === undefined ? [0, 1] : [first, last + bucketSeconds(plot)]
}

/** Hours and minutes; the day where it begins; seconds only when the labels are that close. */
function clockValues(zone: string): uPlot.Axis.DynamicValues {
  const day = new Intl.DateTimeFormat(undefined, { timeZone: zone, month: 'short', day: 'numeric' })
  return (_plot, splits, _axis, _space, step) =>
    splits.map((seconds) => {
      const { hour, minute, second } = wallTime(seconds * 1000, zone)
      if (step >= 86_400 || hour + minute + second === 0) return day.format(seconds * 1000)
      const clock = `${two(hour)}:${two(minute)}`
      return step < 60 ? `${clock}:${two(second)}` : clock
    })
}

const two = (value: number) => String(value).padStart(2, '0')

function isEmpty(plot: uPlot): boolean {
  return Array.from(plot.data[1] ?? []).every((value) => !value)
}

/** The bar that is still growing is veiled: it is not a drop. */
function markUnfinished(plot: uPlot, now: number): void {
  const last = plot.data[0].at(-1)
  if (last === undefined || last + bucketSeconds(plot) <= now) return
  const left = plot.valToPos(last, 'x', true)
  const { ctx, bbox } = plot
  ctx.save()
  ctx.fillStyle = token('canvas')
  ctx.globalAlpha = 0.55
  ctx.fillRect(left, bbox.top, bbox.left + bbox.width - left, bbox.height)
  ctx.restore()
}
