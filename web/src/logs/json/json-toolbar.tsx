import { ChevronDown, ChevronsDownUp, ChevronsUpDown, ChevronUp, Copy, Search } from 'lucide-react'
import { IconButton } from '../../controls/button.tsx'
import { copy } from '../../controls/copy.ts'
import { Text } from '../../controls/fields.tsx'
import { sizeOf } from './json-rows.ts'
import type { JsonTreeState } from './use-json-tree.ts'

/** Fewer values than this are seen at a glance. */
const SEARCHED_FROM = 6

/** The actions of the whole tree: open, close, search and copy. */
export function JsonToolbar({
  value,
  tree,
  focusTree,
}: {
  value: object
  tree: JsonTreeState
  focusTree: (id: string | null) => void
}) {
  const holdsOthers = Object.values(value).some((entry) => sizeOf(entry) > 0)
  return (
    // Stays in sight while the tree below is scrolled through.
    <div className="sticky top-0 z-10 -mx-1 grid gap-1.5 bg-surface px-1 py-1">
      <div className="flex items-center">
        <h3 className="mr-auto text-small font-medium text-faint">extra_data</h3>
        {holdsOthers && (
          <>
            <IconButton label="Expand all" className="size-6!" onClick={tree.expandAll}>
              <ChevronsUpDown size={13} aria-hidden />
            </IconButton>
            <IconButton label="Collapse all" className="size-6!" onClick={tree.collapseAll}>
              <ChevronsDownUp size={13} aria-hidden />
            </IconButton>
          </>
        )}
        <IconButton
          label="Copy extra_data"
          className="size-6!"
          onClick={() => copy(JSON.stringify(value, null, 2), 'extra_data')}
        >
          <Copy size={13} aria-hidden />
        </IconButton>
      </div>
      {(holdsOthers || sizeOf(value) >= SEARCHED_FROM) && <JsonSearch tree={tree} focusTree={focusTree} />}
    </div>
  )
}

function JsonSearch({ tree, focusTree }: { tree: JsonTreeState; focusTree: (id: string | null) => void }) {
  const { typed, text, hits, hitAt } = tree
  return (
    <search className="relative flex items-center">
      <Search size={13} className="pointer-events-none absolute left-2 text-faint" aria-hidden />
      <Text
        aria-label="Search in extra_data"
        placeholder="Search keys and values"
        value={typed}
        spellCheck={false}
        autoComplete="off"
        onChange={tree.search}
        onKeyDown={(event) => {
          if (event.key === 'Enter') tree.step(event.shiftKey ? -1 : 1)
          else if (event.key === 'ArrowDown') focusTree(tree.hit)
          else if (event.key === 'Escape' && typed !== '') tree.search('')
          else return
          event.preventDefault()
        }}
        className="h-7! pr-36! pl-7! text-small!"
      />
      <span className="absolute inset-y-0 right-1 flex items-center">
        <span className="figures px-1 text-small text-muted" aria-live="polite">
          {text !== '' && countInWords(hits.length, hitAt)}
        </span>
        {hits.length > 0 && (
          <>
            <IconButton label="Previous (Shift+Enter)" className="size-6!" onClick={() => tree.step(-1)}>
              <ChevronUp size={13} aria-hidden />
            </IconButton>
            <IconButton label="Next (Enter)" className="size-6!" onClick={() => tree.step(1)}>
              <ChevronDown size={13} aria-hidden />
            </IconButton>
          </>
        )}
      </span>
    </search>
  )
}

function countInWords(hits: number, at: number): string {
  if (hits === 0) return 'no match'
  if (at >= 0) return `${(at + 1).toLocaleString()} of ${hits.toLocaleString()}`
  return `${hits.toLocaleString()} ${hits === 1 ? 'hit' : 'hits'}`
}
