import type { Level } from '@timelapser/logger'

/** One stored line as it is read: the columns of `logs` and the camera's name. Never re-keyed on its way up. */
export type LogRow = {
  id: number
  level: Level
  message: string
  /** ISO 8601 in UTC, up to six fractional digits. */
  timestamp: string
  /** Null for no camera and for one that was deleted. */
  camera_id: number | null
  camera_name: string | null
  source: string
  logger_name: string | null
  extra_data: Record<string, unknown> | null
}
