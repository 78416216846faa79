import { type LogFilters, NO_FILTERS, parseView } from '../logs/view.ts'

/** The filters in the query of a rule. */
export function filtersIn(query: string): LogFilters {
  const view = parseView(`?${query}`)
  return Object.fromEntries(
    Object.keys(NO_FILTERS).map((name) => [name, view[name as keyof LogFilters]]),
  ) as LogFilters
}
