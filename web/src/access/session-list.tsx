import { Failed } from '../controls/failed.tsx'
import { Skeleton } from '../controls/skeleton.tsx'
import { ConfirmButton } from './confirm-button.tsx'
import { SessionRows } from './session-rows.tsx'
import { useChange, useSessions } from './use-access.ts'

/** The browsers in which the user is signed in. */
export function SessionList() {
  const sessions = useSessions()
  const change = useChange('sessions')
  return (
    <section className="grid grid-cols-1 gap-4 border-t border-line pt-8 first-of-type:border-0 first-of-type:pt-0">
      <h2 className="text-title font-semibold">Your sessions</h2>
      {sessions.isPending && <Skeleton className="h-16 w-full" />}
      {sessions.isError && (
        <Failed what="The sessions" error={sessions.error} retry={() => sessions.refetch()} />
      )}
      {sessions.data && (
        <SessionRows
          sessions={sessions.data.sessions}
          disabled={change.isPending}
          onEnd={(id) => change.mutate({ method: 'DELETE', path: `/api/sessions/${id}` })}
        />
      )}
      <div className="flex flex-wrap gap-2">
        {sessions.data && sessions.data.sessions.length > 1 && (
          <ConfirmButton
            kind="plain"
            name="Sign out elsewhere"
            of="with all other browsers"
            disabled={change.isPending}
            onConfirm={() => change.mutate({ method: 'DELETE', path: '/api/sessions' })}
          />
        )}
        <ConfirmButton
          kind="plain"
          name="Sign out everywhere"
          of="with this browser too"
          disabled={change.isPending}
          onConfirm={() => change.mutate({ method: 'DELETE', path: '/api/sessions?include_current=true' })}
        />
      </div>
    </section>
  )
}
