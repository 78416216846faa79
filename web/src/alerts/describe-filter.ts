import { LEVEL_NAME } from '../logs/levels.ts'
import type { LogFilters } from '../logs/view.ts'

/** The filter of a rule in words, for those who do not read addresses: "Error and above, source api". */
export function describeFilter(filters: LogFilters, cameraNames: ReadonlyMap<number, string>): string {
  const camera = (id: number) => cameraNames.get(id) ?? `camera ${id}`
  const parts = [
    filters.min_level && `${LEVEL_NAME[filters.min_level]} and above`,
    filters.level.length > 0 && filters.level.map((level) => LEVEL_NAME[level]).join(' or '),
    filters.exclude_level.length > 0 &&
      `not ${filters.exclude_level.map((level) => LEVEL_NAME[level]).join(', ')}`,
    filters.source.length > 0 && `source ${filters.source.join(' or ')}`,
    filters.exclude_source.length > 0 && `not source ${filters.exclude_source.join(', ')}`,
    filters.camera_id.length > 0 && `camera ${filters.camera_id.map(camera).join(' or ')}`,
    filters.exclude_camera_id.length > 0 && `not camera ${filters.exclude_camera_id.map(camera).join(', ')}`,
    filters.logger_name.length > 0 && `logger ${filters.logger_name.join(' or ')}`,
    filters.request_id !== null && `request ${filters.request_id}`,
    filters.q !== '' && filters.q,
    filters.search !== '' && `“${filters.search}”`,
  ].filter(Boolean)
  return parts.length === 0 ? 'every line' : parts.join(', ')
}
