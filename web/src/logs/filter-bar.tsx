import { Dialog } from '@base-ui/react/dialog'
import type { UseQueryResult } from '@tanstack/react-query'
import { SlidersHorizontal } from 'lucide-react'
import type { Facets } from 'timelapser-logs/api'
import { Button, buttonClass } from '../controls/button.tsx'
import { BACKDROP } from '../controls/surfaces.ts'
import { PHONE, useMediaQuery } from '../controls/use-media-query.ts'
import { FacetList } from './facet-list.tsx'
import { FacetMenu } from './facet-menu.tsx'
import { RangePicker } from './range-picker.tsx'
import { SearchBox } from './search-box.tsx'
import type { ChangeView } from './use-view.ts'
import type { LogView } from './view.ts'

type Props = { view: LogView; change: ChangeView; facets: UseQueryResult<Facets>; zone: string }

export const FACETS = [
  { field: 'level', name: 'Level' },
  { field: 'camera_id', name: 'Camera' },
  { field: 'source', name: 'Source' },
] as const

export function FilterBar({ view, change, facets, zone }: Props) {
  const phone = useMediaQuery(PHONE)
  return (
    <div className="flex flex-wrap items-center gap-2 px-4 py-3 sm:px-6">
      <SearchBox search={view.search} change={change} />
      <RangePicker range={view.range} change={change} zone={zone} />
      {phone ? (
        <FilterSheet view={view} change={change} facets={facets} zone={zone} />
      ) : (
        FACETS.map(({ field, name }) => (
          <FacetMenu key={field} field={field} name={name} view={view} change={change} facets={facets} />
        ))
      )}
    </div>
  )
}

/** On a phone the three menus are one sheet from below. */
function FilterSheet({ view, change, facets }: Props) {
  return (
    <Dialog.Root>
      <Dialog.Trigger className={buttonClass('plain')}>
        <SlidersHorizontal size={15} aria-hidden /> Filters
      </Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Backdrop className={BACKDROP} />
        <Dialog.Popup className="fixed inset-x-0 bottom-0 z-50 max-h-[85dvh] overflow-auto rounded-t-lg border-t border-line bg-surface p-4 pb-6 outline-none transition-transform duration-200 data-[ending-style]:translate-y-full data-[starting-style]:translate-y-full">
          <div className="mb-2 flex items-center justify-between">
            <Dialog.Title className="text-title font-semibold">Filters</Dialog.Title>
            <Dialog.Close render={<Button kind="accent">Done</Button>} />
          </div>
          {FACETS.map(({ field, name }) => (
            <section key={field} className="border-t border-line py-3 first-of-type:border-0">
              <h3 className="mb-1 px-2 font-medium text-muted">{name}</h3>
              <FacetList field={field} name={name} view={view} change={change} facets={facets} />
            </section>
          ))}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
