import { FloatingPanel } from '../../controls/floating-panel.tsx'
import type { PopupProps } from '../../controls/popup-button.tsx'
import { FacetList, type FacetListProps } from './facet-list.tsx'

/** The list as a menu of the filter bar; apart, as the column of the first screen needs no code of popups. */
export function FacetPanel({ anchor, close, ...list }: PopupProps & FacetListProps) {
  return (
    <FloatingPanel anchor={anchor} close={close} label={list.name} className="w-72 p-2">
      <FacetList {...list} />
    </FloatingPanel>
  )
}
