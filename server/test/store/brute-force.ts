import { LEVELS, type Level, type LogRecord } from '@timelapser/logger'
import { comparable } from '../../src/store/database/timestamp.ts'
import type { LogFilter } from '../../src/store/filter/log-filter.ts'
import { finds } from './search-model.ts'

/** A stored record as the model knows it. */
export type ModelRow = LogRecord & { id: number }

/** Whether the filter matches the row, in plain code; the SQL has to agree with it. */
export function matches(filter: LogFilter, row: ModelRow): boolean {
  const isOfCamera = (cameras: readonly number[]) =>
    (row.camera_id !== null && cameras.includes(row.camera_id)) ||
    cameras.some((id) => row.source === `camera_${id}`)
  const { cameras: visible } = filter.visibility
  if (visible) {
    const isVisible = row.camera_id === null ? isOfCamera(visible) : visible.includes(row.camera_id)
    if (!isVisible) return false
  }
  const { min_level } = filter.visibility
  if (min_level && LEVELS.indexOf(row.level) < LEVELS.indexOf(min_level)) return false
  if (filter.levels && !filter.levels.includes(row.level)) return false
  if (filter.exclude_levels?.includes(row.level)) return false
  if (filter.sources && !filter.sources.includes(row.source)) return false
  if (filter.exclude_sources?.includes(row.source)) return false
  if (filter.cameras && !isOfCamera(filter.cameras)) return false
  if (filter.exclude_cameras && isOfCamera(filter.exclude_cameras)) return false
  if (filter.search) {
    const needle = filter.search.toLowerCase()
    if (![row.message, row.logger_name ?? ''].some((text) => text.toLowerCase().includes(needle)))
      return false
  }
  if (filter.q && !finds(filter.q, row)) return false
  const at = comparable(row.timestamp)
  if (filter.start !== undefined && at < comparable(filter.start)) return false
  return !(filter.end !== undefined && at > comparable(filter.end))
}

/** The rows in the one order of the system, newest first. */
export function newestFirst(rows: readonly ModelRow[]): ModelRow[] {
  return rows.toSorted((a, b) => {
    const [first, second] = [comparable(a.timestamp), comparable(b.timestamp)]
    return first === second ? b.id - a.id : first < second ? 1 : -1
  })
}

/** Rows of each level, in the order of `LEVELS`. */
export function byLevel(rows: readonly ModelRow[]): Record<Level, number> {
  const counts = Object.fromEntries(LEVELS.map((level) => [level, 0])) as Record<Level, number>
  for (const row of rows) counts[row.level]++
  return counts
}
