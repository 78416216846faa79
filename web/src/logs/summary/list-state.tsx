import { useQuery } from '@tanstack/react-query'
import type { LogPage } from 'timelapser-logs/api'
import { ApiError, request } from '../../api/client.ts'
import { Button } from '../../controls/button.tsx'
import { Skeleton } from '../../controls/skeleton.tsx'
import { periodInWords } from '../period.ts'
import type { useLogsScreen } from '../use-logs-screen.ts'
import type { ChangeView } from '../use-view.ts'
import { hasFilters, type LogView, NO_FILTERS } from '../view.ts'
import { EmptyState, FirstLine } from './empty-state.tsx'
import { SearchedTo } from './searched-to.tsx'

type Screen = ReturnType<typeof useLogsScreen>

/** Shown in place of rows: loading, an error, or the reason why there are none. */
export function ListState({
  screen,
  view,
  change,
  zone,
}: {
  screen: Screen
  view: LogView
  change: ChangeView
  zone: string
}) {
  const { data, error, isPlaceholderData } = screen.page
  if (error instanceof ApiError && error.code === 'INVALID_QUERY') {
    return (
      <EmptyState title="Invalid search">
        <p>{error.message}</p>
        <Button onClick={() => change({ q: '' })}>Clear the search</Button>
      </EmptyState>
    )
  }
  if (error) return <Failure error={error} retry={screen.refresh} />
  if (data === undefined || isPlaceholderData) return <LoadingRows />
  if (view.page > 1 && data.pagination.total_items > 0) {
    return (
      <EmptyState title="Page not found">
        <p>The list now has {data.pagination.total_pages.toLocaleString()} pages.</p>
        <Button onClick={() => change({ page: data.pagination.total_pages, log: null })}>
          Go to the last page
        </Button>
        <Button onClick={() => change({ page: 1, until: null })}>Go to the newest lines</Button>
      </EmptyState>
    )
  }
  const { searched_to } = data.pagination
  if (searched_to !== null) {
    return (
      <EmptyState title="Nothing found so far">
        <p>The search stopped after a few seconds; older lines have not been searched yet.</p>
        <SearchedTo to={searched_to} view={view} change={change} zone={zone} screen={screen} />
      </EmptyState>
    )
  }
  if (hasFilters(view)) {
    return (
      <EmptyState title="Nothing matches these filters">
        <p>No line in this range ({periodInWords(view.range, zone)}) matches all filters.</p>
        <Button onClick={() => change(NO_FILTERS)}>Clear the filters</Button>
        {view.range.kind !== 'all' && (
          <Button onClick={() => change({ range: { kind: 'all' } })}>Search all stored lines</Button>
        )}
      </EmptyState>
    )
  }
  return <NothingInRange view={view} change={change} zone={zone} />
}

/** Nothing here, without a filter to blame: either the range is empty or no line was ever written. */
function NothingInRange({ view, change, zone }: { view: LogView; change: ChangeView; zone: string }) {
  const latest = useQuery({
    queryKey: ['logs', 'latest'],
    staleTime: 0,
    queryFn: ({ signal }) => request<LogPage>('/api/logs?limit=1', { signal }),
  })
  const newest = latest.data?.logs[0]
  if (latest.isPending) return <LoadingRows />
  if (newest === undefined) return <FirstLine />
  const newestAt = Date.parse(newest.timestamp)
  return (
    <EmptyState title={`No lines in this range`}>
      <p>Nothing was logged: {periodInWords(view.range, zone)}. There are lines outside this range.</p>
      <Button
        kind="accent"
        onClick={() =>
          change({
            range: {
              kind: 'between',
              from: new Date(newestAt - 3_600_000).toISOString(),
              to: new Date(newestAt + 1000).toISOString(),
            },
          })
        }
      >
        Jump to the latest
      </Button>
      <Button onClick={() => change({ range: { kind: 'all' } })}>Show all stored lines</Button>
    </EmptyState>
  )
}

function Failure({ error, retry }: { error: Error; retry: () => void }) {
  const known = error instanceof ApiError ? error : null
  if (known?.status === 401) return <LoadingRows />
  if (known?.status === 403) {
    return (
      <EmptyState title="You may not see these logs">
        <p>{known.message} An administrator of this server can give you access.</p>
      </EmptyState>
    )
  }
  return (
    <EmptyState title="The logs could not be loaded" failed>
      <p>
        {error.message}
        {known?.retryAfterSeconds ? ` Try again in ${known.retryAfterSeconds} s.` : ''}
      </p>
      {known?.requestId && (
        <p className="w-full font-mono text-small text-faint">Request {known.requestId}</p>
      )}
      <Button kind="accent" onClick={retry}>
        Try again
      </Button>
    </EmptyState>
  )
}

const WIDTHS = ['w-3/5', 'w-2/5', 'w-4/5', 'w-1/2', 'w-3/4', 'w-1/3', 'w-2/3']

/** As high as rows are, and cards on a phone, so that they take the places of the bars. */
function LoadingRows() {
  return (
    <div
      role="status"
      aria-label="Loading lines"
      className="overflow-hidden rounded-lg border border-line bg-surface"
    >
      <div className="h-7 border-b border-line max-md:hidden" />
      {Array.from({ length: 24 }, (_, row) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: bars that never change places
          key={row}
          className="flex h-[1.6875rem] items-center gap-3 border-b border-line/60 px-3 last:border-0 max-md:h-14"
        >
          <Skeleton className="h-2.5 w-24 shrink-0" />
          <Skeleton className="h-2.5 w-14 shrink-0" />
          <Skeleton className={`h-2.5 min-w-0 ${WIDTHS[row % WIDTHS.length]}`} />
        </div>
      ))}
    </div>
  )
}
