import type { LogPage } from 'timelapser-logs/api'
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

type Props = {
  screen: ReturnType<typeof useLogsScreen>
  view: LogView
  change: ChangeView
  live: LiveListState
  zone: string
}

/** One line above the list: how many match, in which span, and how long it took. */
export function Summary({ screen, view, change, live, zone }: Props) {
  const { data, error } = screen.page
  // Without rows the list says what failed.
  if (data === undefined || (error && live.rows.length === 0)) return <p className="h-9 flex-1" />
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
          <Total {...{ screen, view, live }} pagination={data.pagination} />
          <span aria-hidden>·</span>
          <span>
            {periodInWords(view.range, zone)}
            <span className="lg:hidden">, {zone}</span>
          </span>
          {/* Without rows the list says it, and leads on. */}
          {live.rows.length > 0 && <Limits {...{ screen, view, change, zone }} page={data} />}
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

function Total({
  screen,
  view,
  live,
  pagination: { total_items, total_is_exact },
}: Pick<Props, 'screen' | 'view' | 'live'> & { pagination: LogPage['pagination'] }) {
  // Where the list stopped counting, the cards beside it did not.
  const { data: stats, isError, isPlaceholderData } = screen.stats
  const counted =
    total_is_exact || isError || isPlaceholderData || !stats ? null : listedCount(stats.summary, view)
  const total = counted ?? total_items + (live.state === 'unavailable' ? 0 : live.arrived)
  return (
    <span>
      <strong className="font-semibold text-ink">
        {formatCount(total, total_is_exact || counted !== null)}
      </strong>{' '}
      {total === 1 ? 'line' : 'lines'}
    </span>
  )
}

/** How far back was searched, and that the page ends at long lines. */
function Limits({
  screen,
  view,
  change,
  zone,
  page: { logs, pagination },
}: Omit<Props, 'live'> & { page: LogPage }) {
  const { searched_to: to, is_cut: isCut } = pagination
  return (
    <>
      {to !== null && (
        <>
          <span aria-hidden>·</span>
          <SearchedTo {...{ to, view, change, zone, screen }} />
        </>
      )}
      {isCut && (
        <>
          <span aria-hidden>·</span>
          <CutNotice logs={logs} view={view} change={change} asOf={screen.asOf} />
        </>
      )}
    </>
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
