import { useState } from 'react'
import type { LogRow } from 'timelapser-logs/api'
import { usePreference } from '../app/preference.ts'
import { useHotkeys } from '../app/use-hotkeys.ts'
import type { Selection } from './list/use-selection.ts'
import { densityPreference, wrapPreference } from './list-preferences.ts'
import type { LiveListState } from './live/use-live-list.ts'
import { useFind } from './search/use-find.ts'
import type { ChangeView } from './use-view.ts'
import type { LogView } from './view.ts'

/** Every single key of the explorer; the sheet of shortcuts lists the same. */
export function useLogsKeys(screen: {
  view: LogView
  change: ChangeView
  live: LiveListState
  refresh: () => void
  rows: readonly LogRow[]
  openSheet: () => void
  selection: Selection
}) {
  const { view, change, rows, selection } = screen
  const [active, setActive] = useState<number | null>(null)
  const [menuOf, setMenuOf] = useState<number | null>(null)
  const find = useFind(rows, active, setActive)
  const [wrap, setWrap] = usePreference(wrapPreference)
  const [density, setDensity] = usePreference(densityPreference)

  const move = (step: number) => {
    const at = rows.findIndex((row) => row.id === active)
    const next = rows[at === -1 ? firstInSight() : Math.min(Math.max(at + step, 0), rows.length - 1)]
    if (next === undefined) return
    setActive(next.id)
    if (view.log !== null) change({ log: next.id }, { replace: true })
  }
  const open = () => {
    if (active !== null) change({ log: view.log === active ? null : active })
  }
  useHotkeys({
    '/': () => document.querySelector<HTMLInputElement>('input[type="search"]')?.focus(),
    l: screen.live.toggle,
    j: () => move(1),
    k: () => move(-1),
    arrowdown: () => move(1),
    arrowup: () => move(-1),
    enter: open,
    o: open,
    m: () => setMenuOf(active),
    contextmenu: () => setMenuOf(active),
    x: () => active !== null && selection.toggle(active),
    f: find.open,
    e: () => document.querySelector<HTMLElement>('[role="tree"] [tabindex="0"]')?.focus(),
    r: screen.refresh,
    w: () => setWrap(wrap === 'wrap' ? 'cut' : 'wrap'),
    d: () => setDensity(density === 'compact' ? 'roomy' : 'compact'),
    '?': screen.openSheet,
    escape: () => {
      if (find.text !== null) find.close()
      else if (selection.ids.size > 0) selection.clear()
      else if (view.log !== null) change({ log: null })
      else setActive(null)
    },
  })
  return { active, setActive, menuOf, setMenuOf, find }
}

/** The place of the first line below the bars: after scrolling, the keys continue from there. */
function firstInSight(): number {
  const drawn = [...document.querySelectorAll<HTMLElement>('[role="row"][data-index]')]
  const head =
    document.querySelector('[role="grid"] [role="columnheader"]')?.getBoundingClientRect().bottom ?? 0
  const inSight = drawn
    .filter((row) => row.getBoundingClientRect().top >= head)
    .map((row) => Number(row.dataset.index))
  return inSight.length === 0 ? 0 : Math.min(...inSight)
}
