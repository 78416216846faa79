import { ApiError } from '../../api/client.ts'
import { clockOffsetMs } from '../../api/server-clock.ts'
import { Button } from '../../controls/button.tsx'
import type { LiveListState } from '../live/use-live-list.ts'
import { periodInWords } from '../period.ts'
import type { useLogsScreen } from '../use-logs-screen.ts'
import type { ChangeView } from '../use-view.ts'
import type { LogView } from '../view.ts'
import { CutNotice } from './cut-notice.tsx'
import { formatCount, listedCount } from './listed-count.ts'
import { SearchedTo } from './searched-to.tsx'

/** One line above the list: how many match, in which span, and how long it took. */
export function Summary({
  screen,
  view,
  change,
  live,
  zone,
}: {
  screen: ReturnType<typeof useLogsScreen>
  view: LogView
  change: ChangeView
  live: LiveListState
  zone: string
}) {
  const { data, error } = screen.page
  // Without rows the list says what failed.
  if (data === undefined || (error && live.rows.length === 0)) return <p className="h-9 flex-1" />
  const { total_items, total_is_exact } = data.pagination
  // Where the list stopped counting, the cards beside it did not.
  const { data: stats, isError, isPlaceholderData } = screen.stats
  const counted =
    total_is_exact || isError || isPlaceholderData || !stats ? null : listedCount(stats.summary, view)
  const total = counted ?? total_items + (live.state === 'unavailable' ? 0 : live.arrived)
  return (
    <p
      className="figures flex min-h-9 flex-wrap items-center gap-x-1.5 text-small text-muted"
      // Read for another view; while lines arrive they are read themselves.
      aria-live={live.arrived > 0 ? 'off' : 'polite'}
      aria-atomic
    >
      {error ? (
        <StaleNotice error={error} retry={screen.refresh} />
      ) : (
        <>
          <span>
            <strong className="font-semibold text-ink">
              {formatCount(total, total_is_exact || counted !== null)}
            </strong>{' '}
            {total === 1 ? 'line' : 'lines'}
          </span>
          <span aria-hidden>·</span>
          <span>
            {periodInWords(view.range, zone)}
            <span className="lg:hidden">, {zone}</span>
          </span>
          {/* Without rows the list says it, and leads on. */}
          {data.pagination.searched_to !== null && live.rows.length > 0 && (
            <>
              <span aria-hidden>·</span>
              <SearchedTo
                to={data.pagination.searched_to}
                view={view}
                change={change}
                zone={zone}
                screen={screen}
              />
            </>
          )}
          {data.pagination.is_cut && live.rows.length > 0 && (
            <>
              <span aria-hidden>·</span>
              <CutNotice logs={data.logs} view={view} change={change} asOf={screen.asOf} />
            </>
          )}
          <ClockNotice />
          <span className="max-sm:hidden" aria-hidden>
            ·
          </span>
          <span className="text-faint max-sm:hidden" aria-hidden>
            {Math.max(1, Math.round(data.duration_ms))} ms
          </span>
        </>
      )}
    </p>
  )
}

/** From here on times typed and times shown would not mean the same to a person and to the server. */
const NOTICED_MS = 30_000

function ClockNotice() {
  const offset = clockOffsetMs()
  if (Math.abs(offset) < NOTICED_MS) return null
  const seconds = Math.round(Math.abs(offset) / 1000).toLocaleString()
  return (
    <span className="text-warning">
      · this device’s clock is {seconds} s {offset > 0 ? 'behind' : 'ahead of'} the server’s
    </span>
  )
}

/** That the lines on the screen are the last good answer, why there is no newer one, and another try. */
function StaleNotice({ error, retry }: { error: Error; retry: () => void }) {
  const { requestId, retryAfterSeconds } =
    error instanceof ApiError ? error : { requestId: null, retryAfterSeconds: null }
  return (
    <span role="alert" className="inline-flex flex-wrap items-center gap-x-2 gap-y-1 text-error">
      <span>
        These lines are from the last successful request.{' '}
        {retryAfterSeconds === null
          ? error.message
          : `The server is not accepting more requests at the moment. Try again in ${retryAfterSeconds} s.`}
      </span>
      {requestId !== null && <span className="font-mono text-faint wrap-anywhere">Request {requestId}</span>}
      <Button className="h-7 text-ink" onClick={retry}>
        Try again
      </Button>
    </span>
  )
}
