import type { JsonRow, ValueRow } from './json-rows.ts'

/** The action of a key in the tree. */
export type JsonAction =
  | { kind: 'move'; to: JsonRow }
  | { kind: 'open' | 'close'; ids: string[] }
  | { kind: 'act'; row: JsonRow }
  | { kind: 'menu' | 'copy'; row: ValueRow }
  /** One of the tree's keys that leads nowhere from here. */
  | { kind: 'nothing' }

type Stroke = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>

/** The keys of the WAI-ARIA tree pattern, on the row `at`; null for those that are left to the page. */
export function actionOf(stroke: Stroke, rows: readonly JsonRow[], at: number): JsonAction | null {
  const { key } = stroke
  const row = rows[at]
  if (row === undefined || stroke.altKey) return null
  const value = row.kind === 'value' ? row : null
  if (stroke.ctrlKey || stroke.metaKey) return key === 'c' && value ? { kind: 'copy', row: value } : null
  if (key === 'Enter' || key === ' ') return { kind: 'act', row }
  if (key === 'ContextMenu' || (key === 'F10' && stroke.shiftKey))
    return value ? { kind: 'menu', row: value } : { kind: 'nothing' }
  if (key === 'ArrowRight' && value && value.size > 0 && !value.open) return { kind: 'open', ids: [row.id] }
  if (key === 'ArrowLeft' && value?.open) return { kind: 'close', ids: [row.id] }
  if (key === '*') return { kind: 'open', ids: siblingsOf(rows, row.id) }
  const moves = /^(Arrow(Up|Down|Left|Right)|Home|End)$/.test(key)
  if (!moves && !/^[\p{L}\p{N}_]$/u.test(key)) return null
  const to = moves ? rowAfter(key, rows, at) : rowNamed(key, rows, at)
  return to ? { kind: 'move', to } : { kind: 'nothing' }
}

function rowAfter(key: string, rows: readonly JsonRow[], at: number): JsonRow | undefined {
  const row = rows[at]
  if (key === 'ArrowDown') return rows[at + 1]
  if (key === 'ArrowUp') return rows[at - 1]
  if (key === 'Home') return rows[0]
  if (key === 'End') return rows.at(-1)
  if (key === 'ArrowRight') return row?.kind === 'value' && row.open ? rows[at + 1] : undefined
  return rows.slice(0, at).findLast(({ depth }) => depth < (row?.depth ?? 0))
}

/** Those of the same parent that hold something. */
function siblingsOf(rows: readonly JsonRow[], id: string): string[] {
  const parentOf = (child: string) => child.slice(0, child.lastIndexOf('/'))
  const siblings = rows.filter(
    (row) => row.kind === 'value' && row.size > 0 && parentOf(row.id) === parentOf(id),
  )
  return siblings.map((row) => row.id)
}

/** The next row whose key begins with the letter, round the end. */
function rowNamed(letter: string, rows: readonly JsonRow[], at: number): JsonRow | undefined {
  const round = [...rows.slice(at + 1), ...rows.slice(0, at)]
  const nameOf = (row: JsonRow) => (row.kind === 'value' ? String(row.path.at(-1)).toLowerCase() : '')
  return round.find((row) => nameOf(row).startsWith(letter.toLowerCase()))
}
