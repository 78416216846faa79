import type { AuditEntry } from 'timelapser-logs/api'
import { serverNow } from '../api/server-clock.ts'
import { MessageText } from '../text/message-text.tsx'
import { formatFull, formatMoment } from '../time/format.ts'

/** One entry; what was before and after unfolds. */
export function AuditItem({ entry, zone }: { entry: AuditEntry; zone: string }) {
  return (
    <li>
      <details className="group">
        <summary className="grid list-none grid-cols-[minmax(0,1fr)_auto] gap-x-4 gap-y-0.5 px-4 py-2 hover:bg-hover sm:grid-cols-[10rem_12rem_minmax(0,1fr)_auto]">
          <time
            dateTime={entry.at}
            title={formatFull(entry.at, zone)}
            className="figures text-small text-faint max-sm:order-last max-sm:col-span-2"
          >
            {formatMoment(entry.at, zone, serverNow())}
          </time>
          <span className="truncate font-mono text-small text-accent">{entry.action}</span>
          <span className="truncate max-sm:col-span-2">
            <span className="font-medium">{entry.actor}</span>{' '}
            <span className="text-muted">
              on <MessageText text={entry.entity} />
            </span>
          </span>
          <span className="figures text-small text-faint max-sm:hidden">{entry.address ?? ''}</span>
        </summary>
        <div className="grid grid-cols-1 gap-3 px-4 pt-1 pb-4 md:grid-cols-2">
          <Value name="Before" value={entry.before} />
          <Value name="After" value={entry.after} />
          <p className="font-mono text-label break-all text-faint md:col-span-2">
            {entry.request_id !== null && <>request {entry.request_id} · </>}hash {entry.hash}
          </p>
        </div>
      </details>
    </li>
  )
}

function Value({ name, value }: { name: string; value: unknown }) {
  return (
    <div className="min-w-0">
      <h3 className="mb-1 text-small text-muted">{name}</h3>
      <pre className="overflow-auto rounded-md bg-sunken p-3 font-mono text-small wrap-anywhere whitespace-pre-wrap">
        {value === null ? '–' : <MessageText text={JSON.stringify(value, null, 2)} />}
      </pre>
    </div>
  )
}
