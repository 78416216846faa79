import { ArrowUp } from 'lucide-react'
import type { LiveListState } from '../live/use-live-list.ts'
import type { useLogsScreen } from '../use-logs-screen.ts'

/** Notices of the list: lines that wait, lines that were skipped. */
export function ListNotices({
  live,
  screen,
}: {
  live: LiveListState
  screen: ReturnType<typeof useLogsScreen>
}) {
  return (
    <div className="pointer-events-none sticky top-16 z-20 flex h-0 flex-col items-center gap-2">
      {live.waitingCount > 0 && live.state !== 'live' && (
        <button
          type="button"
          onClick={live.show}
          className="figures pointer-events-auto flex shrink-0 translate-y-1 items-center gap-1.5 rounded-full bg-accent px-3.5 py-1.5 font-medium text-accent-ink shadow-float"
        >
          <ArrowUp size={14} aria-hidden />
          {live.waitingCount.toLocaleString()} new {live.waitingCount === 1 ? 'line' : 'lines'} – show
        </button>
      )}
      {live.skipped > 0 && (
        <button
          type="button"
          onClick={screen.refresh}
          className="figures pointer-events-auto shrink-0 translate-y-1 rounded-full border border-warning bg-surface px-3.5 py-1.5 font-medium text-warning shadow-float"
        >
          {live.skipped.toLocaleString()} lines skipped – load them
        </button>
      )}
    </div>
  )
}
