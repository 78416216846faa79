import { FacetList, type FacetListProps } from './facet-list.tsx'
import { FACETS } from './facets.ts'

/** The menus of values, all open beside the list. */
export function FacetColumn(list: Omit<FacetListProps, 'field' | 'name'>) {
  return (
    <aside
      aria-label="Values and their counts"
      className="sticky top-(--bar) mr-4 max-h-[calc(100dvh-var(--bar)-1rem)] w-64 shrink-0 overflow-auto rounded-lg border border-line bg-surface print:hidden"
    >
      {/* There are three stops a value, and dozens of values. */}
      <button
        type="button"
        onClick={() => document.querySelector<HTMLElement>('[data-log-list]')?.focus()}
        className="sr-only focus-visible:not-sr-only focus-visible:m-1.5 focus-visible:rounded-md focus-visible:px-2 focus-visible:py-1"
      >
        Skip to the lines
      </button>
      {FACETS.map(({ field, name }) => (
        <section key={field} className="border-b border-line p-1.5 last:border-0">
          <h2 className="px-2 py-1 text-label font-medium text-faint">{name}</h2>
          <FacetList field={field} name={name} {...list} />
        </section>
      ))}
    </aside>
  )
}
