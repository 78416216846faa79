import { leafText } from './json-path.ts'
import { childId, entriesOf, FIRST_SHOWN, holdersOf, sizeOf, type ValueRow } from './json-rows.ts'

/** More rows than this are not opened in one go: they are drawn in one go, and twice as many took a busy machine a second. */
const OPENED_AT_ONCE = 1000

/** As far as a new line is open: two deep, and what is not long. */
const OPEN_DEPTH = 2
const OPEN_ENTRIES = 20

export function openAtFirst(value: unknown): Set<string> {
  return openWhere(value, (depth, size) => depth < OPEN_DEPTH && size <= OPEN_ENTRIES)
}

/** Everything, outermost first, up to what can be drawn at once. */
export function openAll(value: unknown): Set<string> {
  return openWhere(value, () => true)
}

function openWhere(value: unknown, wanted: (depth: number, size: number) => boolean): Set<string> {
  const open = new Set<string>()
  let rows = 0
  let level = [{ id: '', value }]
  for (let depth = 0; level.length > 0; depth++) {
    const next: typeof level = []
    for (const parent of level) {
      // Entries behind "more" stay closed: they open when the user asks for them.
      for (const [key, entry] of entriesOf(parent.value).slice(0, FIRST_SHOWN)) {
        const size = sizeOf(entry)
        if (size === 0 || !wanted(depth, size)) continue
        rows += Math.min(size, FIRST_SHOWN)
        if (rows > OPENED_AT_ONCE) return open
        const id = childId(parent.id, key)
        open.add(id)
        next.push({ id, value: entry })
      }
    }
    level = next
  }
  return open
}

/** Those whose key or value has the text in it, in any case, in the order of the tree; a place in an array is no key. */
export function findInJson(value: unknown, text: string): string[] {
  const needle = text.toLowerCase()
  const hits: string[] = []
  const visit = (parent: unknown, parentId: string) => {
    for (const [key, entry] of entriesOf(parent)) {
      const id = childId(parentId, key)
      const isNamed = typeof key === 'string' && key.toLowerCase().includes(needle)
      if (isNamed || (sizeOf(entry) === 0 && leafText(entry).toLowerCase().includes(needle))) hits.push(id)
      if (sizeOf(entry) > 0) visit(entry, id)
    }
  }
  if (needle !== '') visit(value, '')
  return hits
}

/** The values and all that hold them. */
export function withHolders(ids: readonly string[]): Set<string> {
  return new Set(ids.flatMap((id) => [...holdersOf(id), id]))
}

/** A value as it is pasted elsewhere. */
export function textToCopy({ value, size }: Pick<ValueRow, 'value' | 'size'>): string {
  return size > 0 ? JSON.stringify(value, null, 2) : leafText(value)
}
