import type { LogRecord } from '@timelapser/logger'

/** Rows by minute, level, source and camera, as parallel arrays for `unnest`. */
export type BatchCounts = {
  buckets: string[]
  levels: string[]
  sources: string[]
  cameras: (number | null)[]
  rows: number[]
}

/** Counts a batch by minute, level, source and camera. */
export function countBatch(records: readonly LogRecord[]): BatchCounts {
  const groups = new Map<string, { record: LogRecord; rows: number }>()
  for (const record of records) {
    const key = `${record.timestamp.slice(0, 16)}\u0000${record.level}\u0000${record.camera_id}\u0000${record.source}`
    const group = groups.get(key)
    if (group) group.rows++
    else groups.set(key, { record, rows: 1 })
  }
  const counts: BatchCounts = { buckets: [], levels: [], sources: [], cameras: [], rows: [] }
  for (const { record, rows } of groups.values()) {
    counts.buckets.push(`${record.timestamp.slice(0, 16)}:00Z`)
    counts.levels.push(record.level)
    counts.sources.push(record.source)
    counts.cameras.push(record.camera_id)
    counts.rows.push(rows)
  }
  return counts
}
