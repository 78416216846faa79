import type { LogRow } from 'timelapser-logs/api'
import { LevelLabel } from '../logs/level-label.tsx'
import { LEVEL_FILL } from '../logs/levels.ts'
import { RowMessage } from '../text/message-text.tsx'
import { formatClock, formatDay, formatFull } from '../time/format.ts'

/** A line of the embedded page; a click on its head shows its fields. */
export function EmbedLine({ row, zone, now }: { row: LogRow; zone: string; now: number }) {
  const day = formatDay(row.timestamp, zone, now)
  const hasFields = row.extra_data !== null && Object.keys(row.extra_data).length > 0
  return (
    <li className="relative grid gap-1 border-b border-line py-1.5 pr-2 pl-3 text-small">
      <span className={`absolute inset-y-0 left-0 w-1 ${LEVEL_FILL[row.level]}`} aria-hidden />
      <span className="flex items-center gap-3">
        <time
          dateTime={row.timestamp}
          title={formatFull(row.timestamp, zone)}
          className="shrink-0 font-mono text-label text-muted"
        >
          {day !== null && `${day} `}
          {formatClock(row.timestamp, zone)}
        </time>
        <LevelLabel level={row.level} />
      </span>
      <span className="min-w-0 font-mono">
        <RowMessage row={row} needles={[]} wrap clamp="line-clamp-6" namesLogger={false} />
      </span>
      {hasFields && (
        <details>
          <summary className="cursor-pointer text-muted">Fields</summary>
          <pre className="overflow-x-auto py-1 font-mono">{JSON.stringify(row.extra_data, null, 2)}</pre>
        </details>
      )}
    </li>
  )
}
