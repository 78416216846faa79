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

/** The event about many new rows, in place of one about each. */
export function createLogEntriesEvent(rows: readonly LogRow[]) {
  const ids = rows.map((row) => row.id)
  return {
    type: 'log_entries_created' as const,
    data: { count: rows.length, first_id: Math.min(...ids), last_id: Math.max(...ids) },
    priority: 'normal' as const,
    source: 'logging_system' as const,
  }
}

/** Above this rate a subscriber of `/api/events` gets the number of new rows instead of each row. */
const EVENTS_A_SECOND = 100

/** Whether rows come too fast to be told singly. */
export class EventRate {
  #second = 0
  #rows = 0

  /** Adds rows of now. */
  isOver(rows: number): boolean {
    const second = Math.floor(Date.now() / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#rows = 0
    }
    this.#rows += rows
    return this.#rows > EVENTS_A_SECOND
  }
}
