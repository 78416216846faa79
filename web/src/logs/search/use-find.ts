import { useMemo, useState } from 'react'
import type { LogRow } from 'timelapser-logs/api'

export type Find = ReturnType<typeof useFind>

/** Finds within the lines that are here, without asking the server: the list stays as it is. */
export function useFind(rows: readonly LogRow[], active: number | null, setActive: (id: number) => void) {
  const [text, setText] = useState<string | null>(null)
  const hits = useMemo(() => {
    const wanted = text?.toLowerCase() ?? ''
    return wanted === '' ? [] : rows.filter((row) => row.message.toLowerCase().includes(wanted))
  }, [rows, text])
  const at = hits.findIndex((row) => row.id === active)
  return {
    text,
    hits: hits.length,
    /** Which of the hits the cursor is on, 1 being the first; 0 for none. */
    at: at + 1,
    open: () => setText((now) => now ?? ''),
    close: () => setText(null),
    type: setText,
    step(by: 1 | -1) {
      const next = at === -1 ? (by === 1 ? 0 : hits.length - 1) : (at + by + hits.length) % hits.length
      const row = hits[next]
      if (row) setActive(row.id)
    },
  }
}
