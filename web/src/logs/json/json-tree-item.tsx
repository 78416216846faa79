import { ChevronRight, Ellipsis } from 'lucide-react'
import { memo } from 'react'
import { MessageText } from '../../text/message-text.tsx'
import { NO_NEEDLES } from '../../text/segments.ts'
import { formatFull, isInstant } from '../../time/format.ts'
import { leafText } from './json-path.ts'
import type { JsonRow, ValueRow } from './json-rows.ts'

/** Characters shown of a text; the menu copies all of it. */
const SHOWN_CHARACTERS = 1000

type Props = {
  row: JsonRow
  active: boolean
  /** Where the search has stepped to. */
  hit: boolean
  text: string
  zone: string
}

/** Deep values move in by less: the panel is narrow. */
function indentRem(depth: number): number {
  return 0.25 + Math.min(depth, 6) * 0.875 + Math.max(0, depth - 6) * 0.375
}

/** One row of the tree, which takes its keys and clicks. */
export const JsonTreeItem = memo(
  function JsonTreeItem({ row, active, hit, text, zone }: Props) {
    return (
      <div
        role="treeitem"
        data-id={row.id}
        aria-level={row.depth + 1}
        aria-setsize={row.setSize}
        aria-posinset={row.position}
        aria-expanded={row.kind === 'value' && row.size > 0 ? row.open : undefined}
        aria-selected={active}
        tabIndex={active ? 0 : -1}
        style={{ paddingLeft: `${indentRem(row.depth)}rem` }}
        className={`group flex scroll-mt-20 scroll-mb-8 cursor-default items-start gap-x-1 py-px pr-1 hover:bg-hover focus-visible:-outline-offset-2 ${hit ? 'bg-selected' : ''}`}
      >
        {row.kind === 'more' ? (
          <span className="pl-4.5 text-accent group-hover:underline">
            +{(row.to - row.from).toLocaleString()} more
          </span>
        ) : (
          <>
            <Value row={row} text={text} zone={zone} />
            <span
              aria-hidden
              title="Filter for, filter out, copy"
              data-menu
              className="ml-auto grid size-4.5 shrink-0 place-items-center rounded-sm text-faint opacity-0 group-hover:opacity-100 group-focus:opacity-100 hover:bg-sunken hover:text-ink"
            >
              <Ellipsis size={13} />
            </span>
          </>
        )}
      </div>
    )
  },
  // Rows are made anew with every change of the tree; their contents are not.
  (one, other) =>
    one.row.id === other.row.id &&
    one.active === other.active &&
    one.hit === other.hit &&
    one.text === other.text &&
    one.zone === other.zone &&
    one.row.setSize === other.row.setSize &&
    (one.row.kind === 'value'
      ? other.row.kind === 'value' && one.row.open === other.row.open && one.row.value === other.row.value
      : other.row.kind === 'more' && one.row.to === other.row.to),
)

function Value({ row, text, zone }: { row: ValueRow; text: string; zone: string }) {
  const needles = text === '' ? NO_NEEDLES : [text]
  const key = row.path.at(-1)
  const name = typeof key === 'number' ? String(key) : <MessageText text={key ?? ''} needles={needles} />
  if (row.size > 0) {
    return (
      <>
        <ChevronRight
          size={14}
          aria-hidden
          className={`mt-0.5 shrink-0 text-faint transition-transform duration-100 ${row.open ? 'rotate-90' : ''}`}
        />
        <span className="min-w-0 text-muted wrap-anywhere">
          {name}{' '}
          <span className="text-faint">
            {Array.isArray(row.value) ? `[${row.size.toLocaleString()}]` : `{${row.size.toLocaleString()}}`}
          </span>
        </span>
      </>
    )
  }
  return (
    <span className="flex min-w-0 flex-wrap gap-x-2 pl-4.5">
      <span className={typeof key === 'number' ? 'text-faint' : 'text-muted'}>{name}</span>
      <Leaf value={row.value} needles={needles} zone={zone} />
    </span>
  )
}

function Leaf({ value, needles, zone }: { value: unknown; needles: readonly string[]; zone: string }) {
  const whole = leafText(value)
  const shown = whole.slice(0, SHOWN_CHARACTERS)
  return (
    <span
      title={isInstant(value) ? formatFull(value, zone) : undefined}
      className={`min-w-0 wrap-anywhere whitespace-pre-wrap ${typeof value === 'string' ? '' : 'text-accent'}`}
    >
      {whole === '' ? <span className="text-faint">“”</span> : <MessageText text={shown} needles={needles} />}
      {shown.length < whole.length && (
        <span className="text-faint">
          {' '}
          … {(whole.length - shown.length).toLocaleString()} more characters
        </span>
      )}
    </span>
  )
}
