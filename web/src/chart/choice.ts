/** The figures that a chart draws, and their names. */
export const MEASURES = [
  ['count', 'Count of lines'],
  ['rate', 'Lines per second'],
  ['sum', 'Sum'],
  ['avg', 'Average'],
  ['min', 'Minimum'],
  ['max', 'Maximum'],
  ['p50', 'Median (p50)'],
  ['p95', '95th percentile (p95)'],
  ['p99', '99th percentile (p99)'],
  ['distinct', 'Distinct values'],
] as const
export type Measure = (typeof MEASURES)[number][0]

export const KINDS = [
  ['lines', 'Lines'],
  ['bars', 'Bars'],
  ['table', 'Table'],
  ['number', 'Number'],
] as const
export type Kind = (typeof KINDS)[number][0]

/** The columns of a line that a chart can group by. */
export const COLUMNS = [
  ['level', 'Level'],
  ['source', 'Source'],
  ['camera_id', 'Camera'],
  ['logger_name', 'Logger'],
] as const

/** The figure, field, groups and form that a chart draws; they stand in the URL beside the filters. */
export type ChartChoice = { measure: Measure; field: string | null; by: string[]; kind: Kind }

const MOST_BY = 2

/** Reads a query string; parts that are not understood keep their default. */
export function parseChoice(search: string): ChartChoice {
  const query = new URLSearchParams(search)
  const measure = MEASURES.find(([one]) => one === query.get('measure'))?.[0] ?? 'count'
  const kind = KINDS.find(([one]) => one === query.get('kind'))?.[0] ?? 'lines'
  const by = [...new Set(query.getAll('by').filter(Boolean))].slice(0, MOST_BY)
  return { measure, field: query.get('field') || null, by, kind }
}

/** The parameters of a choice, defaults left out. */
export function choiceParameters({ measure, field, by, kind }: ChartChoice): URLSearchParams {
  const query = new URLSearchParams()
  if (measure !== 'count') query.set('measure', measure)
  if (field !== null) query.set('field', field)
  for (const name of by) query.append('by', name)
  if (kind !== 'lines') query.set('kind', kind)
  return query
}

/** Whether a measure is of the lines themselves, of no field. */
export function countsLines(measure: Measure): boolean {
  return measure === 'count' || measure === 'rate'
}

/** Whether figures of several groups may be piled on each other. */
export function addsUp(measure: Measure): boolean {
  return countsLines(measure) || measure === 'sum'
}

/** `p95 of duration_ms by camera`, for captions and names of files. */
export function choiceInWords({ measure, field, by }: ChartChoice): string {
  const name = MEASURES.find(([one]) => one === measure)?.[1] ?? measure
  const of = field === null || countsLines(measure) ? '' : ` of ${fieldName(field)}`
  return `${name}${of}${by.length > 0 ? ` by ${by.map(fieldName).join(' and ')}` : ''}`
}

/** A column by its name, a field by its keys. */
export function fieldName(field: string): string {
  const column = COLUMNS.find(([one]) => one === field)
  return column ? column[1].toLowerCase() : field.replace(/^extra_data\./, '')
}

/** Where a choice is drawn on the screen Chart. @param filters as a query string, with its question mark or empty */
export function chartPath(filters: string, choice: ChartChoice): string {
  const query = new URLSearchParams(filters)
  for (const [name, value] of choiceParameters(choice)) query.append(name, value)
  return query.size === 0 ? '/chart' : `/chart?${query}`
}
