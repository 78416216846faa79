import type { LogRow } from 'timelapser-logs/api'
import { Button } from '../../controls/button.tsx'
import { boundsOf } from '../../time/range.ts'
import type { ChangeView } from '../use-view.ts'
import type { LogView } from '../view.ts'

/** The page ends before its limit, since its lines are long; the way on are those up to its last line. */
export function CutNotice({
  logs,
  view,
  change,
  asOf,
}: {
  logs: readonly LogRow[]
  view: LogView
  change: ChangeView
  asOf: number
}) {
  const oldest = logs.at(-1)
  if (oldest === undefined) return null
  const { start } = boundsOf(view.range, asOf)
  const goOn = () => change({ range: { kind: 'between', from: start, to: oldest.timestamp } })
  return (
    <span className="inline-flex flex-wrap items-center gap-2 text-warning">
      long lines: the page was cut at 8 MB, after {logs.length} lines
      <Button className="h-7 text-ink" onClick={goOn}>
        Show the rest
      </Button>
    </span>
  )
}
