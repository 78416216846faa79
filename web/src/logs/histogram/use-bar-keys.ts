import type { KeyboardEvent } from 'react'
import type { Histogram } from 'timelapser-logs/api'
import { serverNow } from '../../api/server-clock.ts'
import { markTimeOf } from '../../marks/mark-time.ts'
import { formatMoment } from '../../time/format.ts'
import { bucketTotal } from './histogram-data.ts'

/** The bars as a slider: arrows choose one, Enter zooms into it, as the pointer does, and M marks its time. */
export function useBarKeys(bars: {
  histogram: Histogram
  zone: string
  /** The bar that is pointed at. */
  at: number | null
  point: (at: number) => void
  zoomTo: (at: number) => void
  mark: (at: number) => void
}) {
  const { histogram, zone, at, point, zoomTo, mark } = bars
  const last = histogram.buckets.length - 1
  const current = Math.min(at ?? last, last)
  const bucket = histogram.buckets[current]
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const target: Record<string, number> = {
      ArrowLeft: at === null ? last : Math.max(current - 1, 0),
      ArrowRight: at === null ? last : Math.min(current + 1, last),
      Home: 0,
      End: last,
    }
    const next = target[event.key]
    if (next !== undefined) point(next)
    else if (event.key === 'Enter' && at !== null) zoomTo(current)
    else if (event.key === 'm' && bucket) {
      mark(markTimeOf(bucket.start, histogram.start))
      // In the list it opens the menu of a line.
      event.stopPropagation()
    } else return
    event.preventDefault()
  }
  const text = bucket
    ? `${formatMoment(bucket.start, zone, serverNow())}: ${bucketTotal(bucket).toLocaleString()} lines`
    : 'No bars'
  return { value: { current, last, text }, onKeyDown }
}
