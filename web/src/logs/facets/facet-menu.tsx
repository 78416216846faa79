import { ChevronDown } from 'lucide-react'
import { lazy } from 'react'
import { PopupButton } from '../../controls/popup-button.tsx'
import { OPPOSITE } from '../filters/filter-values.ts'
import type { FacetListProps } from './facet-list.tsx'

const load = () => import('./facet-panel.tsx').then((module) => ({ default: module.FacetPanel }))
const FacetPanel = lazy(load)

/** One of the three menus of the bar: values with their counts under the other filters. */
export function FacetMenu(props: FacetListProps) {
  const { field, name, view } = props
  const active =
    view[field].length + view[OPPOSITE[field]].length + (field === 'level' && view.min_level !== null ? 1 : 0)
  return (
    <PopupButton preload={load} popup={(popup) => <FacetPanel {...popup} {...props} />}>
      {name}
      {active > 0 && (
        <span className="figures rounded-sm bg-accent-wash px-1.5 text-small text-accent">{active}</span>
      )}
      <ChevronDown size={14} className="text-faint" aria-hidden />
    </PopupButton>
  )
}
