import { Menu } from '@base-ui/react/menu'
import { Ban, ChartBarDecreasing, Columns3, Copy, Filter, FilterX, Route } from 'lucide-react'
import { navigate } from '../../app/location.ts'
import { copy } from '../../controls/copy.ts'
import { AnchoredMenu } from '../../controls/floating-menu.tsx'
import { MENU_ITEM } from '../../controls/surfaces.ts'
import { PHONE, useMediaQuery } from '../../controls/use-media-query.ts'
import { columns, fieldColumn, fieldPath, MOST_FIELDS, useColumns } from '../list/columns.ts'
import { setTerm, stateOfTerm, type TermState } from '../search/search-terms.ts'
import { type ChangeView, filtersOf } from '../use-view.ts'
import type { LogView } from '../view.ts'
import { jsonTermOf } from './json-filter.ts'
import { type JsonPath, leafText, pathText } from './json-path.ts'
import type { ValueRow } from './json-rows.ts'
import { textToCopy } from './json-search.ts'

/** The actions on a value of `extra_data`: its filters are terms of the search. */
export function JsonValueMenu({
  row,
  anchor,
  view,
  change,
  close,
}: {
  row: ValueRow
  anchor: HTMLElement
  view: LogView
  change: ChangeView
  close: () => void
}) {
  const path = pathText(row.path)
  // Cards have no columns.
  const phone = useMediaQuery(PHONE)
  const { term, why } = jsonTermOf(row, view.q)
  return (
    <AnchoredMenu
      anchor={anchor}
      alignOffset={24}
      label={path}
      className="max-w-80 min-w-52"
      returnsFocus
      close={close}
    >
      <FilterItems
        what={row.size > 0 ? `lines with ${path}` : short(leafText(row.value))}
        {...{ term, why, view, change }}
      />
      <Menu.Item className={MENU_ITEM} onClick={() => copy(textToCopy(row), 'the value')}>
        <Copy size={14} aria-hidden /> Copy value
      </Menu.Item>
      <Menu.Item className={MENU_ITEM} onClick={() => copy(path, 'the path')}>
        <Route size={14} aria-hidden /> Copy path
      </Menu.Item>
      <Menu.Item className={MENU_ITEM} onClick={() => navigate(valuesPath(view, row.path))}>
        <ChartBarDecreasing size={14} aria-hidden className="shrink-0" />
        <span className="truncate">Values of {path} in these lines</span>
      </Menu.Item>
      {!phone && row.size === 0 && <ColumnItem path={row.path} />}
      {why && <p className="max-w-64 px-2.5 py-1.5 text-small text-faint">{why}</p>}
    </AnchoredMenu>
  )
}

/** The filters for a value and against it. */
function FilterItems({
  what,
  term,
  why,
  view,
  change,
}: {
  what: string
  term: string | undefined
  /** Why there is no filter, where there is none. */
  why: string | undefined
  view: LogView
  change: ChangeView
}) {
  const state = term === undefined ? 'unset' : stateOfTerm(view.q, term)
  const set = (wanted: TermState) => {
    if (term !== undefined) change({ q: setTerm(view.q, term, state === wanted ? 'unset' : wanted) })
  }
  const filters = [
    {
      wanted: 'in',
      word: state === 'in' ? 'No longer only' : 'Only',
      Icon: state === 'in' ? FilterX : Filter,
    },
    { wanted: 'out', word: state === 'out' ? 'No longer without' : 'Not', Icon: Ban },
  ] as const
  return filters.map(({ wanted, word, Icon }) => (
    <Menu.Item
      key={wanted}
      className={MENU_ITEM}
      disabled={term === undefined}
      title={why}
      onClick={() => set(wanted)}
    >
      <Icon size={14} aria-hidden className="shrink-0" />
      <span className="truncate">
        {word} {what}
      </span>
    </Menu.Item>
  ))
}

function ColumnItem({ path }: { path: JsonPath }) {
  const { shown } = useColumns()
  const column = fieldColumn(path)
  const isColumn = shown.includes(column)
  const fields = shown.filter((name) => fieldPath(name) !== null).length
  return (
    <Menu.Item
      className={MENU_ITEM}
      disabled={!isColumn && fields >= MOST_FIELDS}
      onClick={() => columns.toggle(column)}
    >
      <Columns3 size={14} aria-hidden />
      <span className="truncate">
        {isColumn ? 'Remove the column' : `Show ${pathText(path)} as a column`}
      </span>
    </Menu.Item>
  )
}

/** The address of the field's values; for a list, or a value in a list, those of the whole list. */
function valuesPath(view: LogView, path: JsonPath): string {
  const query = new URLSearchParams(filtersOf(view))
  query.set('show', 'fields')
  const inList = path.findIndex((step) => typeof step === 'number')
  query.set('field', (inList === -1 ? path : path.slice(0, inList)).join('.'))
  return `/patterns?${query}`
}

function short(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ')
  if (line === '') return 'the empty string'
  return line.length > 40 ? `${line.slice(0, 40)}…` : line
}
