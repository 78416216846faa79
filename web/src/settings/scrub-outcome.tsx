import type { ScrubResult } from 'timelapser-logs/api'
import { Problem } from '../controls/form-end.tsx'
import { MessageText } from '../text/message-text.tsx'

/** How far a look through stored lines is. */
export type ScrubProgress = { scanned_rows: number; matched_rows: number }

/** How far the look is, and what would be masked. */
export function ScrubOutcome({
  isPending,
  isStopped,
  progress,
  result,
  error,
}: {
  isPending: boolean
  isStopped: boolean
  progress: ScrubProgress | null
  result: ScrubResult | null
  error: Error | null
}) {
  const shown = isPending || isStopped ? progress : result
  return (
    <div aria-live="polite" className="grid grid-cols-1 gap-2 empty:hidden">
      {shown && (
        <p className="figures">
          <strong className="font-semibold">{shown.matched_rows.toLocaleString()}</strong>{' '}
          {shown.matched_rows === 1 ? 'line' : 'lines'} of {shown.scanned_rows.toLocaleString()} would be
          masked
          {isPending && ' …'}
        </p>
      )}
      {isPending && !shown && <p className="text-muted">Searching…</p>}
      {isStopped && !isPending && <p className="text-warning">Stopped.</p>}
      <Problem error={isStopped ? null : error} hasRequestId />
      {result && !isPending && <Examples examples={result.examples} />}
    </div>
  )
}

const FIELD_NAMES = { message: 'Message', logger_name: 'Logger', extra_data: 'Extra data' } as const

function Examples({ examples }: Pick<ScrubResult, 'examples'>) {
  if (examples.length === 0) return null
  return (
    <ul aria-label="Examples before and after" className="grid grid-cols-1 gap-3 rounded-md bg-sunken p-3">
      {examples.map(({ id, field, before, after }) => (
        <li key={id} className="grid grid-cols-1 gap-0.5">
          <span className="text-small text-faint">
            {FIELD_NAMES[field]} of line {id}
          </span>
          {before !== null && (
            <del className="line-clamp-2 font-mono text-small wrap-anywhere text-muted no-underline">
              <MessageText text={before} />
            </del>
          )}
          <ins className="line-clamp-2 font-mono text-small wrap-anywhere no-underline">
            <MessageText text={after} />
          </ins>
        </li>
      ))}
    </ul>
  )
}
