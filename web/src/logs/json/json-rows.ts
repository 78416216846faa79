// A value as the rows of a tree: those that are open and no others, however large the rest is.
import type { JsonPath } from './json-path.ts'

/** Where a row stands: how deep, at which place among how many. */
type Place = { id: string; depth: number; position: number; setSize: number }

export type ValueRow = Place & {
  kind: 'value'
  path: JsonPath
  value: unknown
  /** How many values it holds; 0 for a closed value. */
  size: number
  open: boolean
}

/** Stands for the values `from` up to, without, `to` of its parent; the first of them is `next`. */
export type MoreRow = Place & { kind: 'more'; parent: string; from: number; to: number; next: string }
export type JsonRow = ValueRow | MoreRow

export type Span = readonly [from: number, to: number]

/** The visible parts of a value. */
export type Shown = {
  open: ReadonlySet<string>
  /** For a value with many entries: the entries requested beyond the first. */
  spans: ReadonlyMap<string, readonly Span[]>
  /** Shown at any place: the hits of the search, and the way to them. */
  wanted: ReadonlySet<string>
}

/** A parent shows this many values at first; each "more" adds `MORE_SHOWN`. */
export const FIRST_SHOWN = 100
const MORE_SHOWN = 500

export function entriesOf(value: unknown): readonly (readonly [string | number, unknown])[] {
  if (Array.isArray(value)) return value.map((entry, index) => [index, entry] as const)
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}

export function childId(parent: string, key: string | number): string {
  return `${parent}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** The values that hold this one, outermost first. */
export function holdersOf(id: string): string[] {
  const steps = id.split('/').slice(1, -1)
  return steps.map((_, index) => `/${steps.slice(0, index + 1).join('/')}`)
}

/** The rows of what `value` holds, in the order of the tree. */
export function rowsOf(
  value: unknown,
  shown: Shown,
  parent: readonly [string, JsonPath] = ['', []],
): JsonRow[] {
  const [parentId, parentPath] = parent
  const entries = entriesOf(value)
  const spans = shown.spans.get(parentId) ?? []
  const place = { depth: parentPath.length, setSize: entries.length }
  const rows: JsonRow[] = []
  let hiddenFrom = -1
  let next = ''
  const closeGap = (to: number) => {
    if (hiddenFrom < 0) return
    // No key is written so: `~` is escaped in them.
    const id = `${parentId}/~more${hiddenFrom}`
    rows.push({
      kind: 'more',
      ...place,
      id,
      position: hiddenFrom + 1,
      parent: parentId,
      from: hiddenFrom,
      to,
      next,
    })
    hiddenFrom = -1
  }
  for (const [index, [key, entry]] of entries.entries()) {
    const id = childId(parentId, key)
    const isShown =
      index < FIRST_SHOWN || spans.some(([from, to]) => index >= from && index < to) || shown.wanted.has(id)
    if (!isShown) {
      if (hiddenFrom < 0) [hiddenFrom, next] = [index, id]
      continue
    }
    closeGap(index)
    const path = [...parentPath, key]
    const size = sizeOf(entry)
    const open = size > 0 && shown.open.has(id)
    rows.push({ kind: 'value', ...place, id, position: index + 1, path, value: entry, size, open })
    if (open) for (const row of rowsOf(entry, shown, [id, path])) rows.push(row)
  }
  closeGap(entries.length)
  return rows
}

export function sizeOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return Array.isArray(value) ? value.length : Object.keys(value).length
}

/** The entries that a "more" row opens. */
export function spanAfter({ from, to }: MoreRow): Span {
  return [from, Math.min(to, from + MORE_SHOWN)]
}
