import type { UseQueryResult } from '@tanstack/react-query'
import type { Histogram } from 'timelapser-logs/api'
import { ApiError } from '../../api/client.ts'
import { Skeleton } from '../../controls/skeleton.tsx'
import { HistogramChart } from './histogram-chart.tsx'
import { HistogramTable } from './histogram-table.tsx'

/** Lines over time by level; a drag zooms into a span, a click into one bar. */
export function HistogramPanel({
  histogram,
  zone,
  zoom,
  onBrush,
}: {
  histogram: UseQueryResult<Histogram>
  zone: string
  zoom: (from: string, to: string) => void
  onBrush: (brushing: boolean) => void
}) {
  const { data, isError, isPlaceholderData } = histogram
  return (
    <section aria-label="Lines over time" className="mx-4 sm:mx-6 print:hidden">
      <div className="h-24" aria-busy={isPlaceholderData}>
        {isError ? (
          <p className="grid h-full place-items-center rounded-md px-4 text-center text-pretty border border-dashed border-line text-muted">
            {histogram.error instanceof ApiError && histogram.error.code === 'INVALID_QUERY'
              ? 'The search is invalid; no bars can be shown.'
              : `The bars could not be loaded: ${histogram.error.message}`}
          </p>
        ) : data ? (
          <HistogramChart
            histogram={data}
            isOld={isPlaceholderData}
            zone={zone}
            zoom={zoom}
            onBrush={onBrush}
          />
        ) : (
          histogram.isFetching && <Skeleton className="h-[4.5rem] w-full opacity-40" />
        )}
      </div>
      {/* A table is never narrower than its text: what hides it has to be around it. */}
      <div className="sr-only">{data && !isError && <HistogramTable histogram={data} zone={zone} />}</div>
    </section>
  )
}
