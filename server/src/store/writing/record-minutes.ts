import type { LogRecord } from '@timelapser/logger'

/** The minutes of the records, as the instants they begin with. Bounds of partitions and counts are whole minutes. */
export function minutesOf(records: readonly LogRecord[]): string[] {
  const minutes = new Set<string>()
  let minute = ''
  for (const { timestamp } of records) {
    // Most of a batch has the same minute.
    if (minute !== '' && timestamp.startsWith(minute)) continue
    minute = timestamp.slice(0, 16)
    minutes.add(`${minute}:00Z`)
  }
  return [...minutes]
}
