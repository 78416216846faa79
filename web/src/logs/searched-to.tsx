import { serverNow } from '../api/server-clock.ts'
import { Button } from '../controls/button.tsx'
import { formatMoment } from '../time/format.ts'
import { boundsOf } from '../time/range.ts'
import type { ChangeView } from './use-view.ts'
import type { LogView } from './view.ts'

/** How far back a search came before its time was over, and the way on: the rest of the range. */
export function SearchedTo(props: {
  to: string
  view: LogView
  change: ChangeView
  zone: string
  asOf: number
}) {
  const { to, view, change, zone, asOf } = props
  const goOn = () => change({ range: { kind: 'between', from: boundsOf(view.range, asOf).start, to } })
  return (
    <span className="inline-flex flex-wrap items-center gap-2 text-warning">
      searched back to {formatMoment(to, zone, serverNow())}
      <Button className="h-7 text-ink" onClick={goOn}>
        Go on
      </Button>
    </span>
  )
}
