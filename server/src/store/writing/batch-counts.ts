import { LEVELS, type LogRecord } from '@timelapser/logger'

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
  // Map in map: a text of all four as the key would have to be put together for every record.
  const sources = new Map<string, Map<string, Map<number, number>>>()
  let minute = ''
  for (const { timestamp, level, source, camera_id } of records) {
    if (minute === '' || !timestamp.startsWith(minute)) minute = timestamp.slice(0, 16)
    const minutes = entry(sources, source, newMap<string, Map<number, number>>)
    const groups = entry(minutes, minute, newMap<number, number>)
    const group = (camera_id ?? 0) * LEVELS.length + LEVELS.indexOf(level)
    groups.set(group, (groups.get(group) ?? 0) + 1)
  }
  const counts: BatchCounts = { buckets: [], levels: [], sources: [], cameras: [], rows: [] }
  for (const [source, minutes] of sources) {
    for (const [minute, groups] of minutes) {
      for (const [group, rows] of groups) {
        counts.buckets.push(`${minute}:00Z`)
        // PostgreSQL is about to refuse an invalid level, with its record.
        counts.levels.push(LEVELS[group % LEVELS.length] ?? '')
        counts.sources.push(source)
        // Ids of cameras begin at 1.
        counts.cameras.push(Math.floor(group / LEVELS.length) || null)
        counts.rows.push(rows)
      }
    }
  }
  return counts
}

function newMap<K, V>(): Map<K, V> {
  return new Map()
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
