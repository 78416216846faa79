import { Button } from '../controls/button.tsx'
import { Skeleton } from '../controls/skeleton.tsx'
import { useDisplayZone } from '../time/display-zone.ts'
import { formatMoment } from '../time/format.ts'
import { useChange, useSessions } from './use-access.ts'

/** The browsers one is signed in with. */
export function SessionList() {
  const sessions = useSessions()
  const change = useChange('sessions')
  const zone = useDisplayZone()
  return (
    <section className="grid grid-cols-1 gap-4 border-t border-line pt-8">
      <h2 className="text-title font-semibold">Your sessions</h2>
      {sessions.isPending && <Skeleton className="h-16 w-full" />}
      {sessions.isError && (
        <p className="text-error">The sessions could not be loaded: {sessions.error.message}</p>
      )}
      {sessions.data && (
        <ul className="divide-y divide-line rounded-lg border border-line bg-surface">
          {sessions.data.sessions.map(({ id, user_agent, ip_address, created_at, current }) => (
            <li key={id} className="flex flex-wrap items-center gap-x-3 py-1.5 pr-2 pl-4">
              <span className="min-w-0 flex-1">
                <span className="block truncate">{user_agent || 'Unknown browser'}</span>
                <span className="block text-small text-faint">
                  {ip_address} · since {formatMoment(created_at, zone, Date.now())}
                </span>
              </span>
              {current ? (
                <span className="px-3 text-small text-muted">This one</span>
              ) : (
                <Button
                  kind="quiet"
                  disabled={change.isPending}
                  onClick={() => change.mutate({ method: 'DELETE', path: `/api/sessions/${id}` })}
                >
                  End
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      <Button
        className="justify-self-start"
        disabled={change.isPending}
        onClick={() => change.mutate({ method: 'DELETE', path: '/api/sessions' })}
      >
        Sign out everywhere
      </Button>
    </section>
  )
}
