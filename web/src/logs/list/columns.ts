import { useEffect, useLayoutEffect, useSyncExternalStore } from 'react'
import { recall, remember } from '../../app/preference.ts'
import { type JsonPath, pathText } from '../json/json-path.ts'
import type { ChangeView } from '../use-view.ts'
import type { LogView } from '../view.ts'

/** The columns of the list, shared by its head and every line; their widths stand in `--columns`. */
export const COLUMNS = 'grid grid-cols-(--columns) gap-x-3 pr-4 pl-3'

/** Those that can be left out; the message is always there and takes what is left. */
const COLUMN_NAME = { time: 'Time', level: 'Level', origin: 'Origin', logger: 'Logger' } as const
type OwnColumn = keyof typeof COLUMN_NAME
/** A value of `extra_data`, by its path as JSON: text, so that it is kept and compared as the others are. */
export type FieldColumn = `field:${string}`
export type Column = OwnColumn | FieldColumn
export const OWN_COLUMNS = Object.keys(COLUMN_NAME) as OwnColumn[]
/** Beyond it the message has no room left. */
export const MOST_FIELDS = 6

/** Widths in rem, so that they grow with the text. */
type Layout = { shown: readonly Column[]; widths: Readonly<Record<string, number>> }
const INITIAL: Layout = {
  shown: ['time', 'level', 'origin'],
  widths: { time: 10.5, level: 5.25, origin: 10.5, logger: 9 },
}
const FIELD_REM = 8
const MIN_REM = 3
const MAX_REM = 40

/** Whether a name from an address is a column's. */
function isColumn(name: string): name is Column {
  if (!name.startsWith('field:')) return Object.hasOwn(COLUMN_NAME, name)
  try {
    const path: unknown = JSON.parse(name.slice('field:'.length))
    return (
      Array.isArray(path) && path.length > 0 && path.every((key) => ['string', 'number'].includes(typeof key))
    )
  } catch {
    return false
  }
}

export function fieldColumn(path: JsonPath): FieldColumn {
  return `field:${JSON.stringify(path)}`
}

/** Where in `extra_data` the value of a column is; null for the columns of every line. */
export function fieldPath(column: Column): JsonPath | null {
  if (!column.startsWith('field:')) return null
  const path: unknown = JSON.parse(column.slice('field:'.length))
  return Array.isArray(path) ? path : []
}

export function columnName(column: Column): string {
  const path = fieldPath(column)
  return path === null ? COLUMN_NAME[column as OwnColumn] : pathText(path)
}

export function widthOf({ widths }: Layout, column: Column): number {
  return widths[column] ?? FIELD_REM
}

let layout = readLayout()
const listeners = new Set<() => void>()

function readLayout(): Layout {
  try {
    const kept = JSON.parse(recall('columns') ?? '{}') as Partial<Layout>
    const widths = Object.entries({ ...INITIAL.widths, ...kept.widths })
    return {
      shown: kept.shown ? inOrder(kept.shown.filter(isColumn)) : INITIAL.shown,
      widths: Object.fromEntries(widths.map(([name, rem]) => [name, within(Number(rem))])),
    }
  } catch {
    return INITIAL
  }
}

/** Those of every line as they always stand, then the fields in the order in which they were chosen. */
function inOrder(shown: readonly Column[]): Column[] {
  const fields = shown.filter((name) => fieldPath(name) !== null)
  return [...OWN_COLUMNS.filter((name) => shown.includes(name)), ...fields.slice(0, MOST_FIELDS)]
}

/** Whether two lists of columns are the same ones. */
function areSame(some: readonly string[] | null, others: readonly string[] | null): boolean {
  return some?.join('\n') === others?.join('\n')
}

function within(rem: number): number {
  return Number.isNaN(rem) ? MIN_REM : Math.min(MAX_REM, Math.max(MIN_REM, rem))
}

function keep(next: Layout): void {
  layout = next
  remember('columns', JSON.stringify(next))
  for (const listener of listeners) listener()
}

export const columns = {
  toggle(name: Column) {
    const others = layout.shown.filter((one) => one !== name)
    keep({ ...layout, shown: inOrder(layout.shown.includes(name) ? others : [...others, name]) })
  },
  /** Shows the columns of an address; this browser's own columns stay as they are until the user chooses. */
  show(names: readonly string[]) {
    layout = { ...layout, shown: inOrder(names.filter(isColumn)) }
    for (const listener of listeners) listener()
  },
  /** As an address has them; null for those of a browser in which none were chosen. */
  inUrl(): readonly Column[] | null {
    return areSame(layout.shown, INITIAL.shown) ? null : layout.shown
  },
  resize(name: Column, rem: number) {
    keep({ ...layout, widths: { ...layout.widths, [name]: within(rem) } })
  },
  resetWidths: () => keep({ ...layout, widths: INITIAL.widths }),
  reset: () => keep(INITIAL),
}

export function useColumns(): Layout {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => layout,
  )
}

/** The least width of a column when there is not enough room for all, as beside an open line; longer text is cut. */
const LEAST_REM: Readonly<Record<string, number>> = { time: 6, level: 4.5, origin: 5, logger: 4 }
const LEAST_FIELD_REM = 3.5
const LEAST_MESSAGE_REM = 9

/** The tracks of the grid. */
export function tracksOf(of: Layout): string {
  const tracks = of.shown.map((name) => {
    const width = widthOf(of, name)
    return `minmax(${Math.min(width, LEAST_REM[name] ?? LEAST_FIELD_REM)}rem,${width}rem)`
  })
  return [...tracks, `minmax(${LEAST_MESSAGE_REM}rem,1fr)`].join(' ')
}

/**
 * Keeps the columns and the URL the same: a link shows the sender's columns, and the columns that a browser remembers
 * are put into the URL, so that its recipient sees them too.
 */
export function useColumnsInUrl(view: LogView, change: ChangeView): void {
  const asked = view.columns?.join('\n')
  // biome-ignore lint/correctness/useExhaustiveDependencies: an address is read anew on every change, its names may be the same
  useLayoutEffect(() => {
    if (view.columns !== null && !areSame(view.columns, columns.inUrl())) columns.show(view.columns)
  }, [asked])
  const { shown } = useColumns()
  // biome-ignore lint/correctness/useExhaustiveDependencies: the shown columns may just have been read from the address
  useEffect(() => {
    if (!areSame(view.columns, columns.inUrl())) change({ columns: columns.inUrl() }, { replace: true })
  }, [shown, asked, change])
}
