import type { LogRow } from 'timelapser-logs/api'
import { MessageText } from '../../text/message-text.tsx'
import { findHits, type Needles } from '../../text/segments.ts'

/** The name of a logger where it, not the message, is what a search has found. */
export function LoggerHit({ row, needles }: { row: LogRow; needles: Needles }) {
  const name = row.logger_name
  if (name === null || findHits(name, needles).length === 0) return null
  return (
    <span className="min-w-0 shrink-[9] truncate font-sans text-muted" title={`Logger ${name}`}>
      logger <MessageText text={name} needles={needles} />
    </span>
  )
}
