import type { ExportState } from './use-export.ts'

/** How much is here of how much. */
export function ExportProgress({ state, total }: { state: ExportState; total: number | null }) {
  if (state.kind === 'idle') return null
  if (state.kind === 'failed')
    return (
      <p role="alert" className="text-error">
        Nothing was saved: {state.sentence}
      </p>
    )
  if (state.kind === 'handed-over')
    return (
      <p role="status" className="text-muted">
        The browser saves the file as it arrives. Its downloads show the progress and can cancel it.
      </p>
    )
  const { rows, bytes, kind } = state
  return (
    <div className="grid gap-1.5">
      <progress
        aria-label="Lines exported"
        className="h-1.5 w-full appearance-none overflow-hidden rounded-full bg-sunken [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-sunken [&::-webkit-progress-value]:bg-accent"
        value={kind === 'done' ? 1 : rows}
        max={kind === 'done' ? 1 : Math.max(total ?? 1, rows, 1)}
      />
      <p aria-live="polite" className="figures text-small text-muted">
        {kind === 'done' ? 'Saved ' : ''}
        {rows.toLocaleString()} {rows === 1 ? 'line' : 'lines'}, {inWords(bytes)}
      </p>
    </div>
  )
}

function inWords(bytes: number): string {
  const format = (value: number) => value.toLocaleString(undefined, { maximumFractionDigits: 1 })
  return bytes < 1e6 ? `${format(bytes / 1e3)} kB` : `${format(bytes / 1e6)} MB`
}
