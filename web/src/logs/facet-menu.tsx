import { Popover } from '@base-ui/react/popover'
import type { UseQueryResult } from '@tanstack/react-query'
import { ChevronDown } from 'lucide-react'
import type { Facets } from 'timelapser-logs/api'
import { buttonClass } from '../controls/button.tsx'
import { POPUP } from '../controls/surfaces.ts'
import { FacetList } from './facet-list.tsx'
import { OPPOSITE, type ValueField } from './filter-values.ts'
import type { ChangeView } from './use-view.ts'
import type { LogView } from './view.ts'

/** One of the three menus of the bar: values with their counts under the other filters. */
export function FacetMenu(props: {
  field: ValueField
  name: string
  view: LogView
  change: ChangeView
  facets: UseQueryResult<Facets>
}) {
  const { field, name, view } = props
  const active =
    view[field].length + view[OPPOSITE[field]].length + (field === 'level' && view.min_level !== null ? 1 : 0)
  return (
    <Popover.Root>
      <Popover.Trigger className={buttonClass('plain')}>
        {name}
        {active > 0 && (
          <span className="figures rounded-sm bg-accent-wash px-1.5 text-small text-accent">{active}</span>
        )}
        <ChevronDown size={14} className="text-faint" aria-hidden />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner align="end" sideOffset={6} className="z-50">
          <Popover.Popup className={`${POPUP} w-72 p-2`} aria-label={name}>
            <FacetList {...props} />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  )
}
