import type { LogRow } from '../../store/database/reader.ts'
import { comparable, toMillis } from '../../store/database/timestamp.ts'

type TrailLine = { log: LogRow; offset_ms: number; gap_ms: number }

/** All lines of one request in the order they were written, and where the time went. */
export type RequestTrail = {
  request_id: string
  lines: TrailLine[]
  sources: string[]
  duration_ms: number
  longest_gap: { after_id: number; gap_ms: number } | null
  is_cut: boolean
}

/** @param logs oldest first, at least one */
export function toTrail(request_id: string, logs: readonly LogRow[], is_cut: boolean): RequestTrail {
  const [first] = logs
  const lines = logs.map((log, index) => ({
    log,
    offset_ms: millisBetween(first ?? log, log),
    gap_ms: millisBetween(logs[index - 1] ?? log, log),
  }))
  let longest: RequestTrail['longest_gap'] = null
  lines.forEach(({ gap_ms }, index) => {
    const before = lines[index - 1]
    if (before && (longest === null || gap_ms > longest.gap_ms)) longest = { after_id: before.log.id, gap_ms }
  })
  return {
    request_id,
    lines,
    sources: [...new Set(logs.map(({ source }) => source))],
    duration_ms: lines.at(-1)?.offset_ms ?? 0,
    longest_gap: longest,
    is_cut,
  }
}

/** Between two rows, to the microsecond. */
function millisBetween(from: LogRow, to: LogRow): number {
  return (microsOf(to.timestamp) - microsOf(from.timestamp)) / 1000
}

function microsOf(timestamp: string): number {
  return toMillis(timestamp) * 1000 + Number(comparable(timestamp).slice(23))
}
