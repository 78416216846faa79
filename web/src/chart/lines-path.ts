import type { Chart, ChartFilter } from 'timelapser-logs/api'
import { parseLevel } from '../logs/levels.ts'
import { setTerm } from '../logs/search/search-terms.ts'
import { filtersOf } from '../logs/use-view.ts'
import type { LogView } from '../logs/view.ts'
import { justBefore } from '../time/range.ts'

/** From when to when a step of the chart is; both ends are inclusive. */
export function spanOf(
  { buckets, bucket_seconds, end }: Chart,
  first: number,
  last = first,
): { from: string; to: string } {
  const from = buckets[first] ?? end
  // The next step's start is the end of this step: days have 23 and 25 hours too.
  const next = buckets[last + 1]
  const to = next ? Date.parse(next) : Date.parse(buckets[last] ?? end) + (bucket_seconds ?? 1) * 1000
  return { from, to: justBefore(to) }
}

/** Where the lines behind a figure are listed: those of a group, in a span. */
export function linesPath(
  view: LogView,
  {
    filter,
    span,
    field,
  }: { filter: ChartFilter; span: { from: string; to: string } | null; field: string | null },
): string {
  const terms = [filter.q ?? '', field === null ? '' : fieldTerm(field)].filter((term) => term !== '')
  const { level, source, camera_id, logger_name } = filter
  return `/logs${filtersOf({
    ...view,
    ...(level && { level: level.map(parseLevel).filter((one) => one !== undefined) }),
    ...(source && { source }),
    ...(camera_id && { camera_id }),
    ...(logger_name && { logger_name }),
    ...(span && { range: { kind: 'between', ...span } }),
    q: terms.reduce((q, term) => setTerm(q, term, 'in'), view.q),
  })}`
}

/** The lines that have the field; empty where the search cannot name it. */
function fieldTerm(field: string): string {
  const path = field.replace(/^extra_data\./, '')
  const isColumn = ['level', 'source', 'logger_name', 'logger', 'camera_id', 'camera'].includes(field)
  return isColumn || !/^[^\s.:"()]+(\.[^\s.:"()]+)*$/.test(path) ? '' : `extra_data.${path}:*`
}
