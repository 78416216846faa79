import type { LogRecord } from '@timelapser/logger'
import { comparable } from '../database/timestamp.ts'

/** The times a live record may carry. */
export type EventTimeBounds = {
  /** Arrival, ISO 8601 in UTC, as the others. */
  now: string
  /** The oldest that is kept; undefined when everything is. */
  oldest: string | undefined
  /** The latest believed: an hour after `now`. */
  newest: string
}

/**
 * Gives a record whose clock cannot be right (a camera that says 1970, a laptop a day ahead) its arrival time.
 *
 * @returns the record itself when its time fits; otherwise a new record at `now`, with its original time in
 *   `extra_data.original_timestamp`. So `fitted !== record` counts them.
 */
export function fitEventTime(record: LogRecord, bounds: EventTimeBounds): LogRecord {
  const time = comparable(record.timestamp)
  const isTooOld = bounds.oldest !== undefined && time < comparable(bounds.oldest)
  if (!isTooOld && time <= comparable(bounds.newest)) return record
  return {
    ...record,
    timestamp: bounds.now,
    extra_data: { ...record.extra_data, original_timestamp: record.timestamp },
  }
}
