import type { LogRow } from '../../store/reading/log-row.ts'

/** Characters of the message an event carries; whoever wants the rest reads the row. */
const MESSAGE_CHARACTERS = 100

/** What subscribers of `/api/events` are told of a new row (spec: "SSE Real-time Events"). */
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
