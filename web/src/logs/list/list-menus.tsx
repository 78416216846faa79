import { Suspense } from 'react'
import type { LogRow } from 'timelapser-logs/api'
import { lazyPart } from '../../app/lazy-part.ts'
import type { ChangeView } from '../use-view.ts'
import type { LogView } from '../view.ts'
import type { RowTarget } from './row-menu.tsx'
import type { ValueTarget } from './value-menu.tsx'

const ValueMenu = lazyPart(() => import('./value-menu.tsx').then((module) => ({ default: module.ValueMenu })))
const RowMenu = lazyPart(() => import('./row-menu.tsx').then((module) => ({ default: module.RowMenu })))

/** The menu of a line and that of one of its values, where one of them is open. */
export function ListMenus({
  rows,
  menuOf,
  target,
  close,
  ...filters
}: {
  rows: readonly LogRow[]
  menuOf: number | null
  target: ValueTarget | null
  close: { row: () => void; value: () => void }
  view: LogView
  change: ChangeView
}) {
  const row = menuOf === null ? null : targetOf(menuOf, rows)
  return (
    <Suspense fallback={null}>
      {row && <RowMenu target={row} {...filters} close={close.row} />}
      {target && <ValueMenu target={target} {...filters} close={close.value} />}
    </Suspense>
  )
}

function targetOf(id: number, rows: readonly LogRow[]): RowTarget | null {
  const row = rows.find((one) => one.id === id)
  const anchor = document.getElementById(`log-${id}`)
  return row && anchor ? { row, anchor } : null
}
