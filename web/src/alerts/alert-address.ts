import { filterParameters, type LogFilters } from '../logs/view.ts'

/** Where a new alert rule on the lines of these filters is made. */
export function alertAddress(filters: LogFilters): string {
  return `/alerts?${new URLSearchParams({ new: filterParameters(filters).toString() })}`
}
