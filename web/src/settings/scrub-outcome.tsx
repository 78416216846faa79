import type { ScrubResult } from 'timelapser-logs/api'
import { ApiError } from '../api/client.ts'
import { MessageText } from '../text/message-text.tsx'
import type { ScrubProgress } from './scrub-box.tsx'

/** How far the masking is, or what it came to. */
export function ScrubOutcome({
  isDryRun,
  isPending,
  isStopped,
  progress,
  result,
  error,
}: {
  isDryRun: boolean
  isPending: boolean
  isStopped: boolean
  progress: ScrubProgress | null
  result: ScrubResult | null
  error: Error | null
}) {
  const shown = isPending || isStopped ? progress : result
  const word = isDryRun ? 'would be masked' : isPending ? 'masked so far' : 'masked'
  return (
    <div aria-live="polite" className="grid grid-cols-1 gap-2 empty:hidden">
      {shown && (
        <p className="figures">
          <strong className="font-semibold">{shown.matched_rows.toLocaleString()}</strong>{' '}
          {shown.matched_rows === 1 ? 'line' : 'lines'} of {shown.scanned_rows.toLocaleString()} {word}
          {isPending && ' …'}
        </p>
      )}
      {isPending && !shown && <p className="text-muted">Looking …</p>}
      {isStopped && !isPending && (
        <p className="text-warning">
          {isDryRun ? 'Stopped.' : 'Stopped; what was masked stays so. Begin again for the rest.'}
        </p>
      )}
      {error && !isStopped && (
        <p role="alert" className="text-error">
          {error.message}
          {error instanceof ApiError && error.requestId && (
            <span className="font-mono text-small"> ({error.requestId})</span>
          )}
        </p>
      )}
      {result && !isPending && result.examples.length > 0 && (
        <ul
          aria-label={isDryRun ? 'What some of them would be' : 'What some of them are now'}
          className="grid grid-cols-1 gap-1 rounded-md bg-sunken p-3 font-mono text-small"
        >
          {result.examples.map(({ id, message }) => (
            <li key={id} className="line-clamp-2 wrap-anywhere">
              <MessageText text={message} />
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
