import type { ExportFormat } from './export-format.ts'

const LINE_FEED = 10
const QUOTE = 34

/** Counts the records of a file as its parts arrive; in CSV a line feed within quotes ends none, and a head counts none. */
export function countRecords(format: ExportFormat) {
  let ends = 0
  let isQuoted = false
  return {
    add(part: Uint8Array) {
      for (const byte of part) {
        if (format === 'csv' && byte === QUOTE) isQuoted = !isQuoted
        else if (byte === LINE_FEED && !isQuoted) ends++
      }
    },
    rows: () => (format === 'csv' ? Math.max(0, ends - 1) : ends),
  }
}
