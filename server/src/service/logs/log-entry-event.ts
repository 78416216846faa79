import type { LogRow } from '../../store/database/reader.ts'

/** Characters of the message that an event carries; the row has the rest. */
const MESSAGE_CHARACTERS = 100

/** The event about a new row for subscribers of `/api/events` (spec: "SSE Real-time Events"). */
export function createLogEntryEvent(row: LogRow) {
  return {
    type: 'log_entry_created' as const,
    data: {
      log_id: row.id,
      level: row.level,
      source: row.source,
      camera_id: row.camera_id,
      message: Array.from(row.message.slice(0, MESSAGE_CHARACTERS * 2))
        .slice(0, MESSAGE_CHARACTERS)
        .join(''),
      timestamp: row.timestamp,
    },
    priority: 'normal' as const,
    source: 'logging_system' as const,
  }
}
