import { Dialog } from '@base-ui/react/dialog'
import { Button } from '../../controls/button.tsx'
import type { PopupProps } from '../../controls/popup-button.tsx'
import { BACKDROP } from '../../controls/surfaces.ts'
import { useInertPage } from '../../controls/use-inert-page.ts'
import { FacetList, type FacetListProps } from '../facets/facet-list.tsx'
import { FACETS } from '../facets/facets.ts'

/** On a phone the three menus are a single sheet from below. */
export function FilterSheet({ anchor, close, ...list }: PopupProps & Omit<FacetListProps, 'field' | 'name'>) {
  useInertPage()
  return (
    <Dialog.Root open onOpenChange={(open) => !open && close()}>
      <Dialog.Portal>
        <Dialog.Backdrop className={BACKDROP} />
        <Dialog.Popup
          finalFocus={anchor}
          className="fixed inset-x-0 bottom-0 z-50 max-h-[85dvh] overflow-auto rounded-t-lg border-t border-line bg-surface p-4 pb-6 outline-none transition-transform duration-200 data-[ending-style]:translate-y-full data-[starting-style]:translate-y-full"
        >
          <div className="mb-2 flex items-center justify-between">
            <Dialog.Title className="px-2 text-title font-semibold">Filters</Dialog.Title>
            <Dialog.Close render={<Button kind="accent">Done</Button>} />
          </div>
          {FACETS.map(({ field, name }) => (
            <section key={field} className="border-t border-line py-3 first-of-type:border-0">
              <h3 className="mb-1 px-2 font-medium text-muted">{name}</h3>
              <FacetList field={field} name={name} {...list} />
            </section>
          ))}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
