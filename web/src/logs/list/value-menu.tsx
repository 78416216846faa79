import { Menu } from '@base-ui/react/menu'
import { Ban, Copy, Filter, FilterX } from 'lucide-react'
import { copy } from '../../controls/copy.ts'
import { AnchoredMenu } from '../../controls/floating-menu.tsx'
import { MENU_ITEM } from '../../controls/surfaces.ts'
import { type FilterField, setValue, stateOf } from '../filters/filter-values.ts'
import type { ChangeView } from '../use-view.ts'
import type { LogView } from '../view.ts'

export type ValueTarget = { anchor: Element; field: FilterField; value: string | number; label: string }

/** One menu for every value of every row: filter for it, filter it out, copy it. */
export function ValueMenu({
  target,
  view,
  change,
  close,
}: {
  target: ValueTarget
  view: LogView
  change: ChangeView
  close: () => void
}) {
  const { anchor, field, value, label } = target
  const state = stateOf(view, field, value)
  return (
    <AnchoredMenu anchor={anchor} offset={4} label={label} close={close}>
      {state === 'in' ? (
        <Menu.Item className={MENU_ITEM} onClick={() => change(setValue(view, field, value, 'unset'))}>
          <FilterX size={14} aria-hidden /> No longer only {label}
        </Menu.Item>
      ) : (
        <Menu.Item className={MENU_ITEM} onClick={() => change(setValue(view, field, value, 'in'))}>
          <Filter size={14} aria-hidden /> Only {label}
        </Menu.Item>
      )}
      <Menu.Item className={MENU_ITEM} onClick={() => change(setValue(view, field, value, 'out'))}>
        <Ban size={14} aria-hidden /> Not {label}
      </Menu.Item>
      <Menu.Item className={MENU_ITEM} onClick={() => copy(label, `“${label}”`)}>
        <Copy size={14} aria-hidden /> Copy
      </Menu.Item>
    </AnchoredMenu>
  )
}
