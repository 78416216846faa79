import { useSyncExternalStore } from 'react'
import { recall, remember } from '../app/remember.ts'

/** The columns of the list, shared by its head and every line; their widths stand in `--columns`. */
export const COLUMNS = 'grid grid-cols-(--columns) gap-x-3 pr-4 pl-3'

/** Those that can be left out; the message is always there and takes what is left. */
export const COLUMN_NAME = { time: 'Time', level: 'Level', origin: 'Origin', logger: 'Logger' } as const
export type Column = keyof typeof COLUMN_NAME
export const ALL_COLUMNS = Object.keys(COLUMN_NAME) as Column[]

/** Widths in rem, so that they grow with the text. */
type Layout = { shown: readonly Column[]; widths: Readonly<Record<Column, number>> }
const INITIAL: Layout = {
  shown: ['time', 'level', 'origin'],
  widths: { time: 10.5, level: 5.25, origin: 10.5, logger: 9 },
}
const MIN_REM = 3
const MAX_REM = 40

let layout = readLayout()
const listeners = new Set<() => void>()

function readLayout(): Layout {
  try {
    const kept = JSON.parse(recall('columns') ?? '{}') as Partial<Layout>
    const widths = ALL_COLUMNS.map((name) => [
      name,
      within(Number(kept.widths?.[name] ?? INITIAL.widths[name])),
    ])
    const shown = kept.shown ? ALL_COLUMNS.filter((name) => kept.shown?.includes(name)) : INITIAL.shown
    return { shown, widths: Object.fromEntries(widths) as Layout['widths'] }
  } catch {
    return INITIAL
  }
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
    const shown = ALL_COLUMNS.filter((one) => (one === name) !== layout.shown.includes(one))
    keep({ ...layout, shown })
  },
  resize(name: Column, rem: number) {
    keep({ ...layout, widths: { ...layout.widths, [name]: within(rem) } })
  },
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

/** The tracks of the grid. */
export function tracksOf({ shown, widths }: Layout): string {
  return [...shown.map((name) => `${widths[name]}rem`), 'minmax(0,1fr)'].join(' ')
}
