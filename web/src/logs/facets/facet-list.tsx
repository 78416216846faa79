import { useState } from 'react'
import { ApiError } from '../../api/client.ts'
import { useFacets } from '../../api/use-logs.ts'
import { Text } from '../../controls/fields.tsx'
import { Skeleton } from '../../controls/skeleton.tsx'
import { setValue, stateOf, type ValueField } from '../filters/filter-values.ts'
import type { ChangeView } from '../use-view.ts'
import type { LogView } from '../view.ts'
import { FacetOption } from './facet-option.tsx'
import { optionsOf } from './facets.ts'

/** Beyond it a list is found in by typing; the counts still cover everything. */
const SHOWN = 100
const WORTH_SEARCHING = 8

export type FacetListProps = {
  field: ValueField
  name: string
  view: LogView
  change: ChangeView
  /** The query of the counts; they are fetched when the list is shown. */
  facetsQuery: string
}

export function FacetList({ field, name, view, change, facetsQuery }: FacetListProps) {
  const facets = useFacets(facetsQuery)
  const [typed, setTyped] = useState('')
  const options = optionsOf(field, view, facets.data)
  const matching = options.filter((one) => one.label.toLowerCase().includes(typed.trim().toLowerCase()))
  const listed = facets.data?.[field].length ?? 0
  const total = field === 'level' ? listed : (facets.data?.totals[field] ?? listed)
  const isCut = total > listed
  // Levels can be chosen without their counts.
  if (facets.data === undefined && field !== 'level') return <Missing error={facets.error} />
  return (
    <div className="grid grid-cols-1 gap-0.5">
      {options.length > WORTH_SEARCHING && (
        <Text
          aria-label={`Find a ${name.toLowerCase()}`}
          placeholder={`Find a ${name.toLowerCase()}`}
          value={typed}
          onChange={setTyped}
          className="mb-1"
        />
      )}
      {options.length === 0 && (
        <p className="p-2 text-muted">No line in this range has a {name.toLowerCase()}.</p>
      )}
      {options.length > 0 && matching.length === 0 && (
        <p className="p-2 text-muted">No name contains “{typed}”.</p>
      )}
      {matching.slice(0, SHOWN).map((option) => (
        <FacetOption
          key={option.value}
          field={field}
          option={option}
          state={stateOf(view, field, option.value)}
          onState={(state) => change(setValue(view, field, option.value, state))}
          above={
            field === 'level'
              ? {
                  chosen: view.min_level === option.value,
                  choose: (min_level) => change({ min_level, level: [] }),
                }
              : null
          }
        />
      ))}
      {isCut && (
        <p className="p-2 text-small text-faint">
          Top {listed.toLocaleString()} of {total.toLocaleString()} by lines.
        </p>
      )}
      {matching.length > SHOWN && (
        <p className="p-2 text-small text-faint">{matching.length - SHOWN} more; type to filter.</p>
      )}
    </div>
  )
}

/** Shown while there are no counts: why, or that they come. */
function Missing({ error }: { error: Error | null }) {
  // A search that is not understood says so at its box.
  if (error instanceof ApiError && error.code === 'INVALID_QUERY')
    return <p className="px-2 py-1 text-muted">The search is invalid.</p>
  if (error)
    return (
      <p className="px-2 py-1 text-muted" title={error.message}>
        Could not be loaded; press <kbd>r</kbd> to retry.
      </p>
    )
  return (
    <div role="status" aria-label="Loading values" className="grid px-2">
      {['w-40', 'w-28', 'w-36', 'w-24', 'w-32', 'w-28'].map((width, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: bars that never change places
        <span key={row} className="flex h-7 items-center">
          <Skeleton className={`h-3 ${width}`} />
        </span>
      ))}
    </div>
  )
}
