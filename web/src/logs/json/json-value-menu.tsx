import { Menu } from '@base-ui/react/menu'
import { Ban, ChartBarDecreasing, Columns3, Copy, Filter, FilterX, Route } from 'lucide-react'
import { navigate } from '../../app/location.ts'
import { copy } from '../../controls/copy.ts'
import { MENU_ITEM, POPUP } from '../../controls/surfaces.ts'
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
  const { shown } = useColumns()
  // Cards have no columns.
  const phone = useMediaQuery(PHONE)
  const column = fieldColumn(row.path)
  const isColumn = shown.includes(column)
  const fields = shown.filter((name) => fieldPath(name) !== null).length
  const { term, why } = jsonTermOf(row, view.q)
  const state = term === undefined ? 'unset' : stateOfTerm(view.q, term)
  const set = (wanted: TermState) => {
    if (term !== undefined) change({ q: setTerm(view.q, term, state === wanted ? 'unset' : wanted) })
  }
  const what = row.size > 0 ? `lines with ${path}` : short(leafText(row.value))
  const filters = [
    {
      wanted: 'in',
      word: state === 'in' ? 'No longer only' : 'Only',
      Icon: state === 'in' ? FilterX : Filter,
    },
    { wanted: 'out', word: state === 'out' ? 'No longer without' : 'Not', Icon: Ban },
  ] as const
  return (
    <Menu.Root open onOpenChange={(open) => !open && close()} modal={false}>
      <Menu.Portal>
        <Menu.Positioner anchor={anchor} align="start" alignOffset={24} sideOffset={2} className="z-50">
          <Menu.Popup
            className={`${POPUP} max-w-80 min-w-52 p-1.5`}
            aria-label={path}
            finalFocus={() => anchor}
          >
            {filters.map(({ wanted, word, Icon }) => (
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
            ))}
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
            {!phone && row.size === 0 && (
              <Menu.Item
                className={MENU_ITEM}
                disabled={!isColumn && fields >= MOST_FIELDS}
                onClick={() => columns.toggle(column)}
              >
                <Columns3 size={14} aria-hidden />
                <span className="truncate">
                  {isColumn ? 'Remove the column' : `Show ${path} as a column`}
                </span>
              </Menu.Item>
            )}
            {why && <p className="max-w-64 px-2.5 py-1.5 text-small text-faint">{why}</p>}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
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
