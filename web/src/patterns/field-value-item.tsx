import { Ban, Filter } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Fields } from 'timelapser-logs/api'
import { Link } from '../app/link.tsx'
import { setTerm } from '../logs/search/search-terms.ts'
import { type ChangeView, filtersOf } from '../logs/use-view.ts'
import type { LogView } from '../logs/view.ts'
import { MessageText } from '../text/message-text.tsx'

type Value = Fields['fields'][number]['values'][number]

/** One value of a field: a click lists its lines, the buttons look at the fields of these alone, or of all but these. */
export function FieldValueItem({
  value,
  lines,
  view,
  change,
}: {
  value: Value
  /** Lines that have the field. */
  lines: number
  view: LogView
  change: ChangeView
}) {
  const { q, count, errors } = value
  const shown = value.text === '' ? <span className="text-faint">“”</span> : <MessageText text={value.text} />
  const share = `${(100 * count) / Math.max(1, lines)}%`
  return (
    <li className="group relative flex items-center gap-2 rounded-md px-2 py-0.5 hover:bg-hover max-md:py-1.5">
      <span
        aria-hidden
        className="absolute inset-y-0.5 left-0 rounded-sm bg-accent-wash opacity-60"
        style={{ width: share }}
      />
      <span
        className={`relative min-w-0 flex-1 truncate font-mono text-small ${value.kind === 'text' ? '' : 'text-accent'}`}
        title={value.text}
      >
        {q === null ? (
          shown
        ) : (
          <Link
            href={`/logs${filtersOf({ ...view, q: setTerm(view.q, q, 'in') })}`}
            className="hover:underline"
          >
            {shown}
          </Link>
        )}
      </span>
      {errors > 0 && errors < count && (
        <span className="figures relative text-small text-error">
          {errors.toLocaleString()} {errors === 1 ? 'error' : 'errors'}
        </span>
      )}
      {errors > 0 && errors === count && <span className="relative text-small text-error">all errors</span>}
      <span className="figures relative min-w-12 text-right text-small text-muted">
        {count.toLocaleString()}
      </span>
      {q !== null && (
        <span className="relative flex pointer-fine:not-group-hover:not-group-focus-within:opacity-0">
          <ValueButton label={`Only ${value.text}`} onClick={() => change({ q: setTerm(view.q, q, 'in') })}>
            <Filter size={13} aria-hidden />
          </ValueButton>
          <ValueButton label={`Not ${value.text}`} onClick={() => change({ q: setTerm(view.q, q, 'out') })}>
            <Ban size={13} aria-hidden />
          </ValueButton>
        </span>
      )}
    </li>
  )
}

function ValueButton({
  label,
  onClick,
  children,
}: {
  label: string
  onClick: () => void
  children: ReactNode
}) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      onClick={onClick}
      className="grid size-6 shrink-0 place-items-center rounded-sm text-faint hover:bg-line hover:text-ink"
    >
      {children}
    </button>
  )
}
