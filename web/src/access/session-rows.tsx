import type { BrowserSession } from 'timelapser-logs/api'
import { Button } from '../controls/button.tsx'
import { useDisplayZone } from '../time/display-zone.ts'
import { formatMoment } from '../time/format.ts'
import { browserName } from './browser-name.ts'

/** Browsers somebody is signed in with, each to be signed out. */
export function SessionRows({
  sessions,
  disabled,
  onEnd,
}: {
  sessions: readonly BrowserSession[]
  disabled: boolean
  onEnd: (id: string) => void
}) {
  const zone = useDisplayZone()
  return (
    <ul className="divide-y divide-line rounded-lg border border-line bg-surface">
      {sessions.map(({ id, user_agent, ip_address, created_at, current }) => (
        <li key={id} className="flex flex-wrap items-center gap-x-3 py-1.5 pr-2 pl-4">
          <span className="min-w-0 flex-1">
            <span className="block truncate" title={user_agent ?? ''}>
              {browserName(user_agent)}
            </span>
            <span className="block text-small text-faint">
              {ip_address} · since {formatMoment(created_at, zone, Date.now())}
            </span>
          </span>
          {current ? (
            <span className="px-3 text-small text-muted">This session</span>
          ) : (
            <Button
              kind="quiet"
              aria-label={`End ${browserName(user_agent)}, ${ip_address}`}
              disabled={disabled}
              onClick={() => onEnd(id)}
            >
              End
            </Button>
          )}
        </li>
      ))}
    </ul>
  )
}
