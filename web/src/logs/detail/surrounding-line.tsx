import type { LogRow } from 'timelapser-logs/api'
import { MessageText, previewOf } from '../../text/message-text.tsx'
import { formatClock, formatDay, formatFull } from '../../time/format.ts'
import { LevelLabel } from '../level-label.tsx'
import { originOf } from '../origin.tsx'

/** One of the lines around a line; opening it moves the panel there. */
export function SurroundingLine({
  row,
  own,
  around,
  named,
  zone,
  open,
}: {
  row: LogRow
  /** Whether it is the line of the panel. */
  own: boolean
  /** The time of that line: days are shown where they differ. */
  around: string
  /** Whether to say where it comes from. */
  named: boolean
  zone: string
  open: (id: number) => void
}) {
  const day = formatDay(row.timestamp, zone, Date.parse(around))
  const { text, moreLines } = previewOf(row.message, false)
  return (
    <li aria-current={own || undefined} className="grid">
      <button
        type="button"
        onClick={() => open(row.id)}
        className={`relative grid w-full gap-0.5 px-3 py-1.5 text-left text-small focus-visible:-outline-offset-2 ${own ? 'bg-selected' : 'bg-surface hover:bg-hover'}`}
      >
        {own && <span className="absolute inset-y-0 left-0 w-1 bg-accent" aria-hidden />}
        <span className="flex items-center gap-2">
          <time
            dateTime={row.timestamp}
            title={formatFull(row.timestamp, zone)}
            className="font-mono text-faint"
          >
            {day !== null && `${day} `}
            {formatClock(row.timestamp, zone)}
          </time>
          <LevelLabel level={row.level} />
          {named && <span className="truncate text-muted">{originOf(row).name}</span>}
          {own && <span className="ml-auto shrink-0 text-label font-medium text-accent">this line</span>}
        </span>
        <span className="line-clamp-2 font-mono wrap-anywhere whitespace-pre-wrap">
          {text === '' ? <em className="text-faint">empty message</em> : <MessageText text={text} />}
          {moreLines > 0 && <span className="text-faint"> +{moreLines.toLocaleString()} lines</span>}
        </span>
      </button>
    </li>
  )
}
