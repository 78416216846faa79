import type { ScrubRun } from 'timelapser-logs/api'
import { Button } from '../controls/button.tsx'
import { useDisplayZone } from '../time/display-zone.ts'
import { formatMoment } from '../time/format.ts'

/** The progress of the masking, or the result of the last run; the same for all users. */
export function ScrubRunStatus({
  run,
  isChanging,
  stop,
}: {
  run: ScrubRun
  isChanging: boolean
  stop: () => void
}) {
  const zone = useDisplayZone()
  const { started_by, started_at, ended_at, outcome, total_rows, scanned_rows, matched_rows } = run
  const isRunning = ended_at === null
  const begun = `Started by ${started_by}, ${formatMoment(started_at, zone, Date.now())}.`
  return (
    <div className="grid grid-cols-1 gap-2">
      <p aria-live="polite" className="figures">
        <strong className="font-semibold">{matched_rows.toLocaleString()}</strong>{' '}
        {matched_rows === 1 ? 'line' : 'lines'} of {scanned_rows.toLocaleString()} masked
        {isRunning && ' so far …'}
      </p>
      {isRunning && (
        <div className="flex items-center gap-3">
          <progress
            aria-label="Lines searched"
            className="h-1.5 min-w-0 flex-1 appearance-none overflow-hidden rounded-full bg-sunken [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-sunken [&::-webkit-progress-value]:bg-accent"
            value={scanned_rows}
            max={Math.max(total_rows, scanned_rows, 1)}
          />
          <Button disabled={isChanging} onClick={stop}>
            Stop masking
          </Button>
        </div>
      )}
      {outcome === 'stopped' && (
        <p className="text-warning">Stopped. Masked lines stay masked. Start again to mask the rest.</p>
      )}
      <p className="text-small text-muted">
        {begun}{' '}
        {isRunning &&
          'It continues in the background, also after a restart of the server; you can leave this screen.'}
      </p>
    </div>
  )
}
