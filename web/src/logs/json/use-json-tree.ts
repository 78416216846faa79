import { useDeferredValue, useMemo, useState } from 'react'
import { holdersOf, type MoreRow, rowsOf, type Span, spanAfter } from './json-rows.ts'
import { findInJson, openAll, openAtFirst, withHolders } from './json-search.ts'

/** Hits beyond these are counted, and opened when one steps to them. */
const HITS_OPENED = 200

export type JsonTreeState = ReturnType<typeof useJsonTree>

/** The state of a value's tree: open entries, cursor and search. */
export function useJsonTree(value: object) {
  const [open, setOpen] = useState<ReadonlySet<string>>(() => openAtFirst(value))
  const [spans, setSpans] = useState<ReadonlyMap<string, readonly Span[]>>(new Map())
  const [typed, setTyped] = useState('')
  const [hitAt, setHitAt] = useState(-1)
  const [cursor, setCursor] = useState<string | null>(null)
  /** The open entries before the search began. */
  const [before, setBefore] = useState(open)

  const { text, hits, hit, wanted } = useHits(value, typed, hitAt)
  // A search opens the way to what it found; closing by hand holds until it finds something else.
  const [opened, setOpened] = useState(hits)
  if (opened !== hits) {
    setOpened(hits)
    setOpen(text === '' ? before : new Set([...before, ...hits.slice(0, HITS_OPENED).flatMap(holdersOf)]))
  }
  const rows = useMemo(() => rowsOf(value, { open, spans, wanted }), [value, open, spans, wanted])
  const active = rows.some((row) => row.id === cursor) ? cursor : (rows[0]?.id ?? null)

  return {
    rows,
    active,
    typed,
    text,
    hits,
    hitAt,
    hit: hit ?? null,
    moveTo: setCursor,
    search(next: string) {
      if (typed === '') setBefore(open)
      setTyped(next)
      setHitAt(-1)
    },
    /** To the next hit, or the one before, round the end; opens what holds it. */
    step(by: 1 | -1) {
      if (hits.length === 0) return null
      const at = hitAt < 0 && by < 0 ? hits.length - 1 : (hitAt + by + hits.length) % hits.length
      const id = hits[at] as string
      setHitAt(at)
      setOpen(new Set([...open, ...holdersOf(id)]))
      setCursor(id)
      return id
    },
    setOpenOf(ids: readonly string[], isOpen: boolean) {
      const next = new Set(open)
      for (const id of ids) isOpen ? next.add(id) : next.delete(id)
      setOpen(next)
    },
    expandAll: () => setOpen(openAll(value)),
    collapseAll: () => setOpen(new Set()),
    showMore(row: MoreRow) {
      setSpans(new Map(spans).set(row.parent, [...(spans.get(row.parent) ?? []), spanAfter(row)]))
      setCursor(row.next)
    },
  }
}

/** The search of a tree: what it found, the hit it is at, and what has to be open for them to be seen. */
function useHits(value: object, typed: string, hitAt: number) {
  const text = useDeferredValue(typed)
  const hits = useMemo(() => findInJson(value, text), [value, text])
  const hit = hits[hitAt]
  const wanted = useMemo(
    () => withHolders([...hits.slice(0, HITS_OPENED), ...(hit === undefined ? [] : [hit])]),
    [hits, hit],
  )
  return { text, hits, hit, wanted }
}
