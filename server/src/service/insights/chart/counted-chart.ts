import {
  COUNTED_COLUMNS,
  type CountedColumn,
  countByGroups,
  type GroupStep,
  topGroups,
} from '../../../store/counts/group-counts.ts'
import { MINUTE } from '../../../store/database/timestamp.ts'
import { isCountable, type LogFilter } from '../../../store/filter/log-filter.ts'
import type { LogOperations } from '../../../store/log-operations.ts'
import type { Cut } from '../../logs/histogram.ts'
import type { Counted, CountedGroup } from './chart.ts'
import type { ChartField, ChartRequest } from './chart-request.ts'

/**
 * Whether the kept counts answer the chart: it counts lines, or different values of a counted column, by counted columns.
 *
 * @param cut undefined for the whole range at once
 */
export function isCountedChart(request: ChartRequest, filter: LogFilter, cut: Cut | undefined): boolean {
  const { measure, field, by } = request
  if (!isCountable(filter) || !by.every(isCounted)) return false
  if (cut?.starts.some((start) => start % MINUTE !== 0)) return false
  if (measure === 'count' || measure === 'rate') return field === undefined
  return measure === 'distinct' && field !== undefined && isCounted(field)
}

/** The chart from the kept counts; two statements, three for different values over time. */
export async function countChart(
  logs: LogOperations,
  { measure, field, by: fields, limit }: ChartRequest,
  filter: LogFilter,
  cut: Cut | undefined,
  signal: AbortSignal | undefined,
): Promise<Counted> {
  const by = fields.map(({ place }) => place as CountedColumn)
  const distinct = measure === 'distinct' ? (field?.place as CountedColumn) : undefined
  const top =
    by.length === 0
      ? { groups: [{ values: [], rows: 0 }], total: 1 }
      : await logs.read(topGroups, filter, signal, by, limit)
  const asked = { by, groups: top.groups.map(({ values }) => values), distinct }
  const [counts, whole] = await Promise.all([
    logs.read(countByGroups, filter, signal, { ...asked, starts: cut?.starts }),
    distinct && cut ? logs.read(countByGroups, filter, signal, { ...asked, starts: undefined }) : undefined,
  ])
  const places = Map.groupBy(counts, ({ place }) => place)
  const wholes = whole && new Map(whole.map((one) => [one.place, one.distinct_values]))
  const group = (place: number | null, key: CountedGroup['key']): CountedGroup => {
    const of = places.get(place) ?? []
    const points = new Map<number, number>()
    for (const one of of) points.set(one.step, figureOf(one, distinct))
    const lines = of.reduce((sum, step) => sum + (distinct ? step.valued_rows : step.rows), 0)
    const value = distinct ? (wholes ?? new Map([[place, points.get(0)]])).get(place) : lines
    return { key, lines, points, whole: value ?? 0 }
  }
  const groups = top.groups.map(({ values }, place) =>
    group(
      place,
      values.map((value) => (value === null ? null : String(value))),
    ),
  )
  const rest = group(null, [])
  const lines = groups.reduce((sum, group) => sum + group.lines, rest.lines)
  const all = counts.reduce((sum, { rows }) => sum + rows, 0)
  return {
    groups,
    rest,
    total: top.total,
    isCut: false,
    leftOut: { without_field: all - lines, not_numbers: 0, examples: [] },
    lines,
    searched_to: null,
    stopped_by: null,
    sample: null,
  }
}

function figureOf({ rows, distinct_values }: GroupStep, distinct: CountedColumn | undefined): number {
  return distinct ? distinct_values : rows
}

function isCounted({ place }: ChartField): boolean {
  return COUNTED_COLUMNS.some((column) => column === place)
}
