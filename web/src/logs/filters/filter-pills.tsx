import { useCameras } from '../../api/use-settings.ts'
import { LEVEL_NAME, type Level } from '../levels.ts'
import { setTerm, splitSearch } from '../search/search-terms.ts'
import type { ChangeView } from '../use-view.ts'
import { hasFilters, type LogView, NO_FILTERS } from '../view.ts'
import { Pill } from './filter-pill.tsx'
import { OPPOSITE, setValue, type ValueField } from './filter-values.ts'

const FIELD_NAME = { level: 'level', camera_id: 'camera', source: 'source' } as const
const FIELDS = ['level', 'camera_id', 'source'] as const satisfies readonly ValueField[]

/** The filters in force, each to be removed or turned into its opposite by a click. */
export function FilterPills({ view, change }: { view: LogView; change: ChangeView }) {
  const { data } = useCameras()
  if (!hasFilters(view)) return null
  const request = view.request_id
  return (
    <ul aria-label="Active filters" className="flex flex-wrap items-center gap-1.5 px-4 pb-3 sm:px-6">
      <SearchPills q={view.q} setQ={(q) => change({ q })} />
      {view.search !== '' && (
        <Pill name="text" value={`“${view.search}”`} onRemove={() => change({ search: '' })} />
      )}
      {view.min_level !== null && (
        <Pill
          name="level"
          value={`${LEVEL_NAME[view.min_level]} and above`}
          onRemove={() => change({ min_level: null })}
        />
      )}
      <ValuePills view={view} change={change} cameras={data?.cameras ?? []} />
      {view.logger_name.map((name) => (
        <Pill
          key={`logger ${name}`}
          name="logger"
          value={name}
          onInvert={() => change(setValue(view, 'logger_name', name, 'out'))}
          onRemove={() => change(setValue(view, 'logger_name', name, 'unset'))}
        />
      ))}
      {request !== null && (
        <Pill
          name="request"
          value={request}
          onInvert={() => change(setValue(view, 'request_id', request, 'out'))}
          onRemove={() => change({ request_id: null })}
        />
      )}
      <li>
        <button
          type="button"
          onClick={() => change(NO_FILTERS)}
          className="rounded-sm px-2 py-1 text-small font-medium text-accent hover:underline"
        >
          Clear all
        </button>
      </li>
    </ul>
  )
}

/** A pill for each chosen value of a list of values. */
function ValuePills({
  view,
  change,
  cameras,
}: {
  view: LogView
  change: ChangeView
  cameras: readonly { id: number; name: string }[]
}) {
  const nameOf = (field: ValueField, value: string | number): string => {
    if (field === 'level') return LEVEL_NAME[value as Level]
    if (field === 'source') return String(value)
    return cameras.find((one) => one.id === value)?.name ?? `Camera ${value}`
  }
  return FIELDS.flatMap((field) =>
    (['in', 'out'] as const).flatMap((state) =>
      view[state === 'in' ? field : OPPOSITE[field]].map((value) => (
        <Pill
          key={`${field} ${state} ${value}`}
          name={FIELD_NAME[field]}
          value={nameOf(field, value)}
          inverted={state === 'out'}
          onInvert={() => change(setValue(view, field, value, state === 'in' ? 'out' : 'in'))}
          onRemove={() => change(setValue(view, field, value, 'unset'))}
        />
      )),
    ),
  )
}

/** The terms of the search box: a pill for each filter in it, and a pill for the rest. */
function SearchPills({ q, setQ }: { q: string; setQ: (q: string) => void }) {
  const { fields, rest } = splitSearch(q)
  const without = () => setQ(fields.map(({ text, inverted }) => (inverted ? `-${text}` : text)).join(' '))
  return (
    <>
      {rest !== '' && <Pill name="search" value={rest} onRemove={without} />}
      {fields.map(({ text, name, value, inverted }) => (
        <Pill
          key={`${inverted} ${text}`}
          name={name}
          value={value}
          inverted={inverted}
          onInvert={() => setQ(setTerm(q, text, inverted ? 'in' : 'out'))}
          onRemove={() => setQ(setTerm(q, text, 'unset'))}
        />
      ))}
    </>
  )
}
