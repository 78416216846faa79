import { serverNow } from '../../api/server-clock.ts'
import { Button } from '../../controls/button.tsx'
import { formatMoment } from '../../time/format.ts'
import { boundsOf } from '../../time/range.ts'
import type { ChangeView } from '../use-view.ts'
import type { LogView } from '../view.ts'

/** How far back a search came before its time was over, and the way on: the rest of the range. */
export function SearchedTo(props: {
  to: string
  view: LogView
  change: ChangeView
  zone: string
  asOf: number
}) {
  const { view, change, zone, asOf } = props
  const { start, end } = boundsOf(view.range, asOf)
  const last = end ?? new Date(asOf).toISOString()
  // If not even the newest lines were searched, the server returns the end of its data, which may lie beyond the range.
  const to = Date.parse(props.to) > Date.parse(last) ? last : props.to
  const goOn = () => change({ range: { kind: 'between', from: start, to } })
  return (
    <span className="inline-flex flex-wrap items-center gap-2 text-warning">
      searched back to {formatMoment(to, zone, serverNow())}
      <Button className="h-7 text-ink" onClick={goOn}>
        Continue
      </Button>
    </span>
  )
}
