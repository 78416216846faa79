import {
  type FocusEvent,
  type KeyboardEvent,
  type MouseEvent,
  type RefObject,
  useEffect,
  useRef,
  useState,
} from 'react'
import { copy } from '../../controls/copy.ts'
import type { ChangeView } from '../use-view.ts'
import type { LogView } from '../view.ts'
import { actionOf } from './json-keys.ts'
import type { JsonRow, ValueRow } from './json-rows.ts'
import { textToCopy } from './json-search.ts'
import { JsonToolbar } from './json-toolbar.tsx'
import { JsonTreeItem } from './json-tree-item.tsx'
import { JsonValueMenu } from './json-value-menu.tsx'
import { type JsonTreeState, useJsonTree } from './use-json-tree.ts'

type Props = { value: object; view: LogView; change: ChangeView; zone: string }

/** `extra_data` as a tree of the WAI-ARIA pattern; only what is open is in the document. */
export function JsonTree({ value, view, change, zone }: Props) {
  const tree = useJsonTree(value)
  const list = useRef<HTMLDivElement>(null)
  const { target, setTarget, focus, handlers } = useTreeActions(tree, list)
  return (
    <section className="grid grid-cols-1 gap-0.5">
      <JsonToolbar value={value} tree={tree} focusTree={() => focus(tree.hit ?? tree.active)} />
      <div
        ref={list}
        role="tree"
        tabIndex={-1}
        aria-label="extra_data"
        {...handlers}
        className="rounded-md border border-line py-1 font-mono text-small"
      >
        {tree.rows.map((row) => (
          <JsonTreeItem
            key={row.id}
            row={row}
            active={row.id === tree.active}
            hit={row.id === tree.hit}
            text={tree.text}
            zone={zone}
          />
        ))}
      </div>
      {target && <JsonValueMenu {...target} view={view} change={change} close={() => setTarget(null)} />}
    </section>
  )
}

type List = RefObject<HTMLDivElement | null>

/** The actions of keys and clicks on a tree, and the value whose menu is open. */
function useTreeActions(tree: JsonTreeState, list: List) {
  const [target, setTarget] = useState<{ row: ValueRow; anchor: HTMLElement } | null>(null)
  const focus = useTreeFocus(tree, list)
  const menuOf = (row: ValueRow) => {
    const anchor = elementOf(list.current, row.id)
    if (anchor) setTarget({ row, anchor })
  }
  const act = (row: JsonRow) => {
    tree.moveTo(row.id)
    if (row.kind === 'more') {
      tree.showMore(row)
      focus(row.next)
    } else if (row.size > 0) tree.setOpenOf([row.id], !row.open)
    else menuOf(row)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const at = tree.rows.findIndex(({ id }) => id === tree.active)
    const action = actionOf(event, tree.rows, at)
    if (action === null) return
    // Selected text is what Ctrl+C is about.
    if (action.kind === 'copy' && document.getSelection()?.isCollapsed === false) return
    event.preventDefault()
    if (action.kind === 'move') {
      tree.moveTo(action.to.id)
      focus(action.to.id)
    } else if (action.kind === 'open' || action.kind === 'close')
      tree.setOpenOf(action.ids, action.kind === 'open')
    else if (action.kind === 'act') act(action.row)
    else if (action.kind === 'menu') menuOf(action.row)
    else if (action.kind === 'copy') copy(textToCopy(action.row), 'the value')
  }
  const onClick = (event: MouseEvent) => {
    const row = rowAt(event.target, tree.rows)
    // The end of a selection is not a click.
    if (row === undefined || document.getSelection()?.isCollapsed === false) return
    const isForMenu = (event.target as Element).closest('[data-menu]') !== null
    if (row.kind === 'value' && (isForMenu || event.type === 'contextmenu')) {
      event.preventDefault()
      tree.moveTo(row.id)
      menuOf(row)
    } else if (event.type === 'click') act(row)
  }
  const onFocus = ({ target: focused }: FocusEvent) => {
    const row = rowAt(focused, tree.rows)
    if (row && row.id !== tree.active) tree.moveTo(row.id)
  }
  return { target, setTarget, focus, handlers: { onKeyDown, onClick, onContextMenu: onClick, onFocus } }
}

/** Moves the focus to a row, and brings hits of the search into view. */
function useTreeFocus(tree: JsonTreeState, list: List) {
  // A move of the cursor requests the focus: the row may be drawn only then.
  const [focusOn, setFocusOn] = useState<string | null>(null)
  useEffect(() => {
    if (focusOn === null) return
    elementOf(list.current, focusOn)?.focus()
    setFocusOn(null)
  }, [focusOn, list])
  useEffect(() => {
    if (tree.hit !== null) elementOf(list.current, tree.hit)?.scrollIntoView({ block: 'nearest' })
  }, [tree.hit, list])
  return setFocusOn
}

function elementOf(tree: HTMLElement | null, id: string): HTMLElement | null {
  return tree?.querySelector(`[data-id="${CSS.escape(id)}"]`) ?? null
}

function rowAt(target: EventTarget, rows: readonly JsonRow[]): JsonRow | undefined {
  const id = target instanceof Element ? target.closest('[data-id]')?.getAttribute('data-id') : null
  return rows.find((row) => row.id === id)
}
