import { serverNow } from '../../api/server-clock.ts'
import { Button } from '../../controls/button.tsx'
import { formatMoment } from '../../time/format.ts'
import { boundsOf } from '../../time/range.ts'
import type { useLogsScreen } from '../use-logs-screen.ts'
import type { ChangeView } from '../use-view.ts'
import type { LogView } from '../view.ts'

/** How far back a search came before its time was over, and the way on: the rest of the range. */
export function SearchedTo(props: {
  to: string
  view: LogView
  change: ChangeView
  zone: string
  screen: ReturnType<typeof useLogsScreen>
}) {
  const { view, change, zone, screen } = props
  const { start, end } = boundsOf(view.range, screen.asOf)
  const last = end ?? new Date(screen.asOf).toISOString()
  // If not even the newest lines were searched, the server returns the end of its data, which may lie beyond the range.
  const isStuck = Date.parse(props.to) >= Date.parse(last)
  const to = isStuck ? last : props.to
  // Where it found no time for any, the same range is searched again.
  const goOn = () => (isStuck ? screen.refresh() : change({ range: { kind: 'between', from: start, to } }))
  return (
    <span className="inline-flex flex-wrap items-center gap-2 text-warning">
      searched back to {formatMoment(to, zone, serverNow())}
      {/* Until the next answer this is how far the last search came. */}
      <Button className="h-7 text-ink" disabled={screen.page.isFetching} onClick={goOn}>
        Continue
      </Button>
    </span>
  )
}
