import { useCallback, useRef, useState } from 'react'
import type { LogRow } from 'timelapser-logs/api'

export type Selection = ReturnType<typeof useSelection>

/** The lines picked to be copied, by id; those that leave the list leave the selection as well. */
export function useSelection(rows: readonly LogRow[]) {
  const [ids, setIds] = useState<ReadonlySet<number>>(new Set())
  const last = useRef<number | null>(null)
  const toggle = useCallback((id: number) => {
    last.current = id
    setIds((now) => {
      const next = new Set(now)
      if (!next.delete(id)) next.add(id)
      return next
    })
  }, [])
  /** All from the one picked last to this one. */
  const extendTo = (id: number) => {
    const from = rows.findIndex((row) => row.id === last.current)
    const to = rows.findIndex((row) => row.id === id)
    if (from === -1 || to === -1) return toggle(id)
    const between = rows.slice(Math.min(from, to), Math.max(from, to) + 1)
    setIds((now) => new Set([...now, ...between.map((row) => row.id)]))
  }
  return {
    ids,
    selected: ids.size === 0 ? [] : rows.filter((row) => ids.has(row.id)),
    toggle,
    extendTo,
    clear: () => setIds(new Set()),
  }
}
