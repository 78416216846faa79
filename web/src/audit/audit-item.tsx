import type { AuditEntry } from 'timelapser-logs/api'
import { serverNow } from '../api/server-clock.ts'
import { Link } from '../app/link.tsx'
import { DEFAULT_VIEW, formatView } from '../logs/view.ts'
import { MessageText } from '../text/message-text.tsx'
import { formatFull, formatMoment } from '../time/format.ts'
import { TimedText } from '../time/timed-text.tsx'
import { changesOf, type DiffLine, diffOf } from './audit-diff.ts'
import { auditPath } from './audit-query.ts'
import { DiffTable } from './diff-table.tsx'

const LINK = 'text-accent underline underline-offset-2'

/** One entry with what changed in short; all of it unfolds. */
export function AuditItem({ entry, zone }: { entry: AuditEntry; zone: string }) {
  const lines = diffOf(entry.before, entry.after)
  const isNobody = entry.actor === 'nobody'
  const logs = { ...DEFAULT_VIEW, request_id: entry.request_id, range: { kind: 'all' } as const }
  return (
    <li>
      <details>
        <summary className="grid list-none grid-cols-[minmax(0,1fr)_auto] gap-x-4 gap-y-0.5 px-4 py-2 hover:bg-hover sm:grid-cols-[8.5rem_9.5rem_minmax(0,1fr)_auto]">
          <time
            dateTime={entry.at}
            title={formatFull(entry.at, zone)}
            className="figures text-small text-faint max-sm:order-last max-sm:col-span-2"
          >
            {formatMoment(entry.at, zone, serverNow())}
          </time>
          <span className="truncate font-mono text-small text-accent">{entry.action}</span>
          <span className="min-w-0 max-sm:col-span-2">
            <span className="block wrap-anywhere">
              <span className="font-medium">{isNobody ? 'Anonymous' : entry.actor}</span>{' '}
              <span className="text-muted">
                on <MessageText text={entry.entity} />
              </span>
            </span>
            <InShort lines={changesOf(lines)} zone={zone} />
          </span>
          <span className="figures text-small text-faint max-sm:hidden">{entry.address ?? ''}</span>
        </summary>
        <div className="grid grid-cols-1 gap-3 px-4 pt-1 pb-4">
          <DiffTable lines={lines} />
          <p className="flex flex-wrap gap-x-4 gap-y-1 text-small">
            <Link className={LINK} href={auditPath({ actor: entry.actor })}>
              All by {isNobody ? 'anonymous' : entry.actor}
            </Link>
            <Link className={LINK} href={auditPath({ action: entry.action })}>
              All {entry.action}
            </Link>
            <Link className={LINK} href={auditPath({ entity: entry.entity })}>
              All on {entry.entity}
            </Link>
            {entry.request_id !== null && (
              <Link className={LINK} href={`/logs${formatView(logs)}`}>
                Lines of the request
              </Link>
            )}
          </p>
          <p className="font-mono text-label break-all text-faint">hash {entry.hash}</p>
        </div>
      </details>
    </li>
  )
}

function InShort({ lines, zone }: { lines: readonly DiffLine[]; zone: string }) {
  if (lines.length === 0) return null
  const told = lines.slice(0, 2).map(({ name, before, after }) => {
    const change = before === null || after === null ? (after ?? before) : `${before} → ${after}`
    return name === '' ? change : `${name.replaceAll('_', ' ')}: ${change}`
  })
  const more = lines.length > 2 ? ` and ${lines.length - 2} more` : ''
  return (
    <span className="block truncate text-small text-faint">
      <TimedText text={`${told.join(', ')}${more}`} zone={zone} />
    </span>
  )
}
