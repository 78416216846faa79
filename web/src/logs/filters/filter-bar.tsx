import { ChevronDown, PanelLeft, SlidersHorizontal } from 'lucide-react'
import { lazyPart } from '../../app/lazy-part.ts'
import { usePreference } from '../../app/preference.ts'
import { IconButton } from '../../controls/button.tsx'
import { PopupButton } from '../../controls/popup-button.tsx'
import { PHONE, useMediaQuery, WIDE } from '../../controls/use-media-query.ts'
import type { FacetListProps } from '../facets/facet-list.tsx'
import { FACETS } from '../facets/facets.ts'
import { facetsPreference } from '../list-preferences.ts'
import { SearchBox } from '../search/search-box.tsx'
import { OPPOSITE } from './filter-values.ts'
import { OwnLinesButton } from './own-lines.tsx'
import { RangePicker } from './range-picker.tsx'

const loadSheet = () => import('./filter-sheet.tsx').then((module) => ({ default: module.FilterSheet }))
const FilterSheet = lazyPart(loadSheet)

/** Search, range and the menus of values; it stays in sight while the list scrolls. */
export function FilterBar({
  zone,
  error,
  hasColumn = true,
  ...list
}: Omit<FacetListProps, 'field' | 'name'> & {
  zone: string
  error: Error | null
  /** Whether the screen has room for the values beside what it shows. */
  hasColumn?: boolean
}) {
  const wide = useMediaQuery(WIDE)
  const [facets, setFacets] = usePreference(facetsPreference)
  const phone = useMediaQuery(PHONE)
  const { view, change } = list
  return (
    <div className="flex flex-wrap items-center gap-2 px-4 py-3 sm:px-6">
      {wide && hasColumn && (
        <IconButton
          label="Values and their counts beside the list"
          kind="plain"
          aria-pressed={facets === 'shown'}
          className={facets === 'shown' ? 'text-accent' : ''}
          onClick={() => setFacets(facets === 'shown' ? 'hidden' : 'shown')}
        >
          <PanelLeft size={15} aria-hidden />
        </IconButton>
      )}
      <SearchBox q={view.q} change={change} error={error} />
      <OwnLinesButton q={view.q} change={change} />
      <RangePicker range={view.range} change={change} zone={zone} />
      {phone ? (
        <PopupButton preload={loadSheet} popup={(popup) => <FilterSheet {...popup} {...list} />}>
          <SlidersHorizontal size={15} aria-hidden /> Filters
        </PopupButton>
      ) : (
        FACETS.map((facet) => <FacetMenu key={facet.field} {...facet} {...list} />)
      )}
    </div>
  )
}

const load = () => import('../facets/facet-menu.tsx').then((module) => ({ default: module.FacetPanel }))
const FacetPanel = lazyPart(load)

/** One of the three menus of the bar: values with their counts under the other filters. */
function FacetMenu(props: FacetListProps) {
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
