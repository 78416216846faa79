import { setImmediate as nextTurn } from 'node:timers/promises'
import { fromMillis, toMillis } from '../../../store/database/timestamp.ts'
import type { Cut } from '../../logs/histogram.ts'
import type { Range } from '../message-scanner.ts'
import type { ChartRequest, Measure } from './chart-request.ts'
import { type Figure, figureOf } from './figures.ts'
import { type GroupFilter, groupFilter } from './group-filter.ts'
import type { GroupKey, LeftOut, LineGroup } from './line-groups.ts'

/** A group whose figures are known by step, and over all steps. */
export type CountedGroup = { key: GroupKey; lines: number; points: Map<number, number>; whole: number }

/** The findings, from the kept counts or from lines. */
export type Counted = {
  groups: (CountedGroup | LineGroup)[]
  /** Lines of groups that were never told apart. */
  rest: CountedGroup | LineGroup
  /** Groups there are, at least. */
  total: number
  isCut: boolean
  leftOut: LeftOut
  lines: number
  searched_to: string | null
  stopped_by: 'time' | 'room' | null
  sample: Sample | null
}

/** A part of the lines, spread evenly over the range, that stands for all. */
type Sample = {
  /** The part of the range that was read. */
  share: number
  /** Lines that were read, and how many there are in whole minutes; null where only reading them would tell. */
  lines: number
  of: number | null
}

/** One line of the chart. */
type ChartSeries = {
  /** The group's value of each of `by`; null where its lines have none. */
  values: (string | null)[]
  /** The same for people: a camera by its name. */
  labels: string[]
  lines: number
  /** Over the whole range. */
  value: number | null
  /** In each step; null where nothing was, or was not looked at. Empty for totals. */
  points: (number | null)[]
  filter: GroupFilter | null
}

export type Chart = Range & {
  measure: Measure
  field: string | null
  by: string[]
  /** Null for totals. */
  bucket_seconds: number | null
  buckets: string[]
  series: ChartSeries[]
  other: { groups: number; lines: number; value: number | null; points: (number | null)[] } | null
  total_groups: number
  is_groups_cut: boolean
  lines: number
  left_out: LeftOut
  /** Whether figures may be off, as far as the measure says. */
  is_estimate: boolean
  searched_to: string | null
  stopped_by: 'time' | 'room' | null
  sample: Sample | null
}

export type ChartParts = {
  request: ChartRequest
  counted: Counted
  range: Range
  /** Until when the range is over by now, in milliseconds. */
  seenEnd: number
  /** Undefined for the whole range at once. */
  cut: Cut | undefined
  /** Cameras by their ids. */
  names: ReadonlyMap<string, string>
}

/**
 * The reply: series of the groups with most lines, and the other groups together. Between two series others have their turn:
 * the figures of a hundred take a second.
 */
export async function toChart({ request, counted, range, seenEnd, cut, names }: ChartParts): Promise<Chart> {
  const { measure, field, by, limit } = request
  const { groups, rest, searched_to } = counted
  const from = searched_to === null ? toMillis(range.start) : toMillis(searched_to)
  const figures = { measure, cut, from, seenEnd, isWhole: searched_to === null }
  const listed = groups.slice(0, limit)
  const others = groups.slice(limit)
  const missing = Math.max(0, counted.total - listed.length)
  // Without all groups there may be cameras that are not known.
  const cameras = missing > others.length || counted.isCut ? undefined : camerasOf(by, groups)
  const series: ChartSeries[] = []
  let isEstimate = false
  for (const group of listed) {
    const own = figuresOf([group], figures)
    isEstimate ||= own.isEstimate
    series.push({
      values: [...group.key],
      labels: group.key.map((value, index) => labelOf(by[index]?.name, value, names)),
      lines: group.lines,
      value: own.value,
      points: own.points,
      filter: groupFilter(by, group.key, cameras),
    })
    await nextTurn()
  }
  const otherLines = others.reduce((sum, { lines }) => sum + lines, rest.lines)
  const together = otherLines === 0 ? undefined : figuresOf([...others, rest], figures)
  return {
    measure,
    field: field?.name ?? null,
    by: by.map(({ name }) => name),
    ...range,
    bucket_seconds: cut ? cut.bucketMs / 1000 : null,
    buckets: cut ? cut.starts.map((at) => fromMillis(at)) : [],
    series,
    other: together
      ? { groups: missing, lines: otherLines, value: together.value, points: together.points }
      : null,
    total_groups: counted.total,
    is_groups_cut: counted.isCut,
    lines: counted.lines,
    left_out: counted.leftOut,
    is_estimate: counted.sample !== null || isEstimate || (together?.isEstimate ?? false),
    searched_to,
    stopped_by: counted.stopped_by,
    sample: counted.sample,
  }
}

/** The cameras among the groups. */
function camerasOf(by: ChartRequest['by'], groups: Counted['groups']): string[] {
  const place = by.findIndex(({ name }) => name === 'camera_id')
  const ids = groups.map(({ key }) => key[place] ?? null)
  return [...new Set(ids.filter((id) => id !== null))]
}

type Figures = { measure: Measure; cut: Cut | undefined; from: number; seenEnd: number; isWhole: boolean }

/** The figure of some groups together, and in each step. */
function figuresOf(
  groups: readonly (CountedGroup | LineGroup)[],
  { measure, cut, from, seenEnd, isWhole }: Figures,
): Pick<ChartSeries, 'value' | 'points'> & { isEstimate: boolean } {
  const [only] = groups
  const isCounted = only !== undefined && 'whole' in only
  const none = figureOf(measure).value()
  const perSecond = (value: number | null, startMs: number, endMs: number) =>
    measure !== 'rate' || value === null ? value : (value * 1000) / Math.max(1000, endMs - startMs)
  const byStep = isCounted ? undefined : byStepOf(measure, groups as LineGroup[])
  const all = merged(measure, byStep?.values() ?? [])
  const whole = isCounted
    ? (groups as CountedGroup[]).reduce((sum, group) => sum + group.whole, 0)
    : all.value()
  const points = (cut?.starts ?? []).map((at, index, starts) => {
    const isNewest = index === starts.length - 1
    // A step that was looked at in part would show too little.
    if (!isWhole && at < from && !isNewest) return null
    const value = isCounted
      ? (groups as CountedGroup[]).reduce((sum, group) => sum + (group.points.get(index) ?? 0), 0)
      : (byStep?.get(index)?.value() ?? none)
    const end = starts[index + 1] ?? seenEnd
    return finite(perSecond(value, Math.max(at, from), Math.min(end, seenEnd)))
  })
  return { value: finite(perSecond(whole, from, seenEnd)), points, isEstimate: all.isEstimate }
}

/** The figures of several groups by step. One group's are used as they are. */
function byStepOf(measure: Measure, groups: readonly LineGroup[]): Map<number, Figure> {
  const [only, ...more] = groups
  if (only && more.length === 0) return only.figures
  const steps = new Map<number, Figure>()
  for (const { figures } of groups) {
    for (const [step, figure] of figures) {
      const known = steps.get(step) ?? figureOf(measure)
      known.merge(figure)
      steps.set(step, known)
    }
  }
  return steps
}

function merged(measure: Measure, figures: Iterable<Figure>): Figure {
  const all = figureOf(measure)
  for (const figure of figures) all.merge(figure)
  return all
}

/** No JSON number is infinite. */
function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null
}

function labelOf(name: string | undefined, value: string | null, names: ReadonlyMap<string, string>): string {
  if (value === null) return name === 'camera_id' ? 'No camera' : 'none'
  return name === 'camera_id' ? (names.get(value) ?? `Camera ${value}`) : value
}
