import type { User } from 'timelapser-logs/api'
import { Button } from '../controls/button.tsx'
import { Failed } from '../controls/failed.tsx'
import { Skeleton } from '../controls/skeleton.tsx'
import { ConfirmButton } from './confirm-button.tsx'
import { SessionRows } from './session-rows.tsx'
import { useChange, useUserSessions } from './use-access.ts'

/** Where a user is signed in, for an administrator to end one by one or all at once. */
export function UserSessions({ user, onClose }: { user: User; onClose: () => void }) {
  const sessions = useUserSessions(user.id)
  const change = useChange('user-sessions')
  const path = `/api/users/${user.id}/sessions`
  return (
    <div className="grid gap-2">
      {sessions.isPending && <Skeleton className="h-12 w-full" />}
      {sessions.isError && (
        <Failed what="The sessions" error={sessions.error} retry={() => sessions.refetch()} />
      )}
      {sessions.data?.total_sessions === 0 && <p className="text-muted">No active sessions.</p>}
      {sessions.data && sessions.data.total_sessions > 0 && (
        <SessionRows
          sessions={sessions.data.sessions}
          disabled={change.isPending}
          onEnd={(id) => change.mutate({ method: 'DELETE', path: `${path}/${id}` })}
        />
      )}
      <div className="flex flex-wrap gap-2">
        {sessions.data && sessions.data.total_sessions > 1 && (
          <ConfirmButton
            name="End all"
            of={`sessions of ${user.name}`}
            disabled={change.isPending}
            onConfirm={() => change.mutate({ method: 'DELETE', path })}
          />
        )}
        <Button kind="quiet" onClick={onClose}>
          Close
        </Button>
      </div>
    </div>
  )
}
