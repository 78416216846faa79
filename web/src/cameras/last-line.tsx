import type { CameraActivity } from 'timelapser-logs/api'
import { Link } from '../app/link.tsx'
import { LevelLabel } from '../logs/level-label.tsx'
import { MessageText } from '../text/message-text.tsx'
import { formatDuration } from '../time/duration.ts'
import { formatFull } from '../time/format.ts'

/** The newest line of a camera on one row; a click opens it where it is. */
export function LastLine({
  line,
  zone,
  now,
}: {
  line: CameraActivity['last_log']
  zone: string
  now: number
}) {
  if (line === null) return null
  return (
    <Link
      href={`/logs?log=${line.id}`}
      className="flex min-w-0 items-baseline gap-2 rounded-sm text-muted hover:text-ink"
    >
      <time
        dateTime={line.timestamp}
        title={formatFull(line.timestamp, zone)}
        className="figures shrink-0 text-small"
      >
        {formatDuration(now - Date.parse(line.timestamp))} ago
      </time>
      <LevelLabel level={line.level} />
      <span className="min-w-0 truncate font-mono text-small">
        <MessageText text={line.message.split('\n', 1)[0] ?? ''} />
      </span>
    </Link>
  )
}
