import { useState } from 'react'
import type { Facets } from 'timelapser-logs/api'
import { useFacets } from '../api/use-logs.ts'
import { Skeleton } from '../controls/skeleton.tsx'
import { FIELD } from '../controls/surfaces.ts'
import { FacetOption } from './facet-option.tsx'
import { OPPOSITE, setValue, stateOf, type ValueField } from './filter-values.ts'
import { LEVEL_NAME, LEVELS } from './levels.ts'
import type { ChangeView } from './use-view.ts'
import type { LogView } from './view.ts'

/** Beyond it a list is found in by typing; the counts still cover everything. */
const SHOWN = 100
const WORTH_SEARCHING = 8

export type Option = { value: string | number; label: string; count: number | null }

/** The values of one field, most frequent first; chosen ones stay even where they count nothing. */
export function optionsOf(field: ValueField, view: LogView, facets: Facets | undefined): Option[] {
  const found: Option[] = facets?.[field] ?? []
  const counts = new Map(found.map((one) => [one.value, one]))
  if (field === 'level') {
    return LEVELS.map((level) => ({
      value: level,
      label: LEVEL_NAME[level],
      count: facets === undefined ? null : (counts.get(level)?.count ?? 0),
    }))
  }
  const chosen = [...view[field], ...view[OPPOSITE[field]]].filter((value) => !counts.has(value))
  const label = (value: string | number) => (field === 'camera_id' ? `Camera ${value}` : String(value))
  return [...chosen.map((value) => ({ value, label: label(value), count: facets ? 0 : null })), ...found]
}

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
  if (facets.isError)
    return <p className="p-2 text-error">The counts could not be loaded: {facets.error.message}</p>
  if (facets.data === undefined && field !== 'level') {
    return (
      <div className="grid gap-2 p-2">
        <Skeleton className="h-4 w-40" />
        <Skeleton className="h-4 w-28" />
      </div>
    )
  }
  return (
    <div className="grid gap-0.5">
      {options.length > WORTH_SEARCHING && (
        <input
          aria-label={`Find a ${name.toLowerCase()}`}
          placeholder={`Find a ${name.toLowerCase()}`}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          className={`${FIELD} mb-1`}
        />
      )}
      {options.length === 0 && (
        <p className="p-2 text-muted">No line in this range names a {name.toLowerCase()}.</p>
      )}
      {options.length > 0 && matching.length === 0 && (
        <p className="p-2 text-muted">None has “{typed}” in its name.</p>
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
      {matching.length > SHOWN && (
        <p className="p-2 text-small text-faint">{matching.length - SHOWN} more; type to find one.</p>
      )}
    </div>
  )
}
