import type { Level } from '@timelapser/logger'

/** One stored line as it is read: the columns of `logs` and the camera's name. Never re-keyed on its way up. */
export type LogRow = {
  id: number
  level: Level
  message: string
  /** ISO 8601 in UTC, up to six fractional digits. */
  timestamp: string
  /** Null for no camera and for a deleted camera. */
  camera_id: number | null
  camera_name: string | null
  source: string
  logger_name: string | null
  extra_data: Record<string, unknown> | null
}

/**
 * A statement of that name whose rows are a relation's as `LogRow`, in no order.
 *
 * @param more columns of the relation, each as `, l.<column>`
 */
export function withCameras(name: string, relation: string, more = ''): string {
  return `
  /* ${name} */
  select l.id, l.level, l.message, l.timestamp,
    case when c.deleted_at is null then l.camera_id end as camera_id,
    case when c.deleted_at is null then c.name end as camera_name,
    l.source, l.logger_name, l.extra_data${more}
  from (${relation}
  ) l
  left join cameras c on c.id = l.camera_id`
}
