import type { Chart, ChartFilter } from 'timelapser-logs/api'
import { addsUp, type ChartChoice } from './choice.ts'

/** A series as it is drawn: its name, its look and its points. */
export type ShownSeries = {
  key: string
  name: string
  /** A custom property of chart.css. */
  color: string
  /** Dashes of the line in pixels; empty for a whole line. */
  dash: string
  lines: number
  value: number | null
  points: readonly (number | null)[]
  /** The filter of its lines; null where there is none. */
  filter: ChartFilter | null
}

/** Colours that are told apart with any sight; beyond them the lines are dashed, so that none is like another. */
const COLORS = 7
const DASHES = ['', '6 3', '2 3'] as const

/** Keys of the series by level, gravest first. */
const LEVELS = ['CRITICAL', 'ERROR', 'WARNING', 'INFO', 'DEBUG'].map((level) => JSON.stringify([level]))

const LEVEL_COLOR: Readonly<Record<string, string>> = {
  CRITICAL: 'var(--critical-fill)',
  ERROR: 'var(--error-fill)',
  WARNING: 'var(--warning-fill)',
  INFO: 'var(--info-fill)',
  DEBUG: 'var(--debug-fill)',
}

/** All series of a chart, the others together as the last. Levels keep the colours that they have everywhere. */
export function shownSeries(chart: Chart): ShownSeries[] {
  const isByLevel = chart.by.length === 1 && chart.by[0] === 'level'
  const series = chart.series.map(({ values, labels, ...one }, index) => ({
    ...one,
    key: JSON.stringify(values),
    name: labels.length === 0 ? 'All lines' : labels.join(' · '),
    color: (isByLevel && LEVEL_COLOR[values[0] ?? '']) || `var(--chart-${(index % COLORS) + 1})`,
    dash: DASHES[Math.floor(index / COLORS) % DASHES.length] ?? '',
  }))
  // Bars stand on each other: the gravest level at the base, as in the bars of the list.
  if (isByLevel) series.sort((a, b) => LEVELS.indexOf(a.key) - LEVELS.indexOf(b.key))
  const { other } = chart
  if (other === null) return series
  const groups = `${other.groups.toLocaleString()}${chart.is_groups_cut ? ' or more' : ''}`
  return [
    ...series,
    {
      ...other,
      key: 'other',
      name: `${groups} other${other.groups === 1 ? '' : 's'}`,
      color: 'var(--ink-faint)',
      dash: '1 4',
      filter: null,
    },
  ]
}

/** Whether bars of the series stand on each other: their figures add up, and none is below zero. */
export function isStacked(series: readonly ShownSeries[], { measure }: ChartChoice): boolean {
  return (
    addsUp(measure) && series.every(({ points }) => points.every((value) => value === null || value >= 0))
  )
}

/** When the first step of a chart begins and its last one ends, in milliseconds. */
export function timesOf(chart: Chart): { from: number; to: number } {
  const from = Date.parse(chart.buckets[0] ?? chart.start)
  return { from, to: from + chart.buckets.length * (chart.bucket_seconds ?? 1) * 1000 }
}
