import { useState } from 'react'
import type { User } from 'timelapser-logs/api'
import { Button } from '../controls/button.tsx'
import { useDisplayZone } from '../time/display-zone.ts'
import { formatMoment } from '../time/format.ts'
import { CameraGrants } from './camera-grants.tsx'
import { ConfirmButton } from './confirm-button.tsx'
import { useChange } from './use-access.ts'

/** One user: what they may do, when they last came, and what an administrator can change. */
export function UserItem({ user }: { user: User }) {
  const [cameras, setCameras] = useState<number[] | null | undefined>(undefined)
  const change = useChange('users', () => setCameras(undefined))
  const zone = useDisplayZone()
  const path = `/api/users/${user.id}`
  const update = (body: unknown) => change.mutate({ method: 'PATCH', path, body })
  return (
    <li className="grid gap-2 px-4 py-3">
      <div className="flex flex-wrap items-baseline gap-x-3">
        <span className="font-medium break-all">{user.name}</span>
        <span className="text-small text-muted">
          {user.role === 'admin' ? 'Administrator' : `Viewer, ${seen(user)}`}
          {user.disabled && ', disabled'}
        </span>
        <span className="text-small text-faint sm:ml-auto">
          {user.last_sign_in_at
            ? `Last sign-in ${formatMoment(user.last_sign_in_at, zone, Date.now())}`
            : user.has_password
              ? 'Not seen yet'
              : 'Invited'}
        </span>
      </div>
      {cameras !== undefined && (
        <div className="grid gap-2">
          <CameraGrants value={cameras} onChange={setCameras} />
          <div className="flex gap-2">
            <Button
              kind="accent"
              disabled={cameras?.length === 0 || change.isPending}
              onClick={() => update({ cameras })}
            >
              Save
            </Button>
            <Button kind="quiet" onClick={() => setCameras(undefined)}>
              Cancel
            </Button>
          </div>
        </div>
      )}
      <div className="-ml-3 flex flex-wrap">
        <Button
          kind="quiet"
          disabled={change.isPending}
          onClick={() => update({ role: user.role === 'admin' ? 'viewer' : 'admin' })}
        >
          {user.role === 'admin' ? 'Make viewer' : 'Make administrator'}
        </Button>
        {user.role === 'viewer' && cameras === undefined && (
          <Button kind="quiet" onClick={() => setCameras(user.cameras)}>
            Cameras…
          </Button>
        )}
        <Button kind="quiet" disabled={change.isPending} onClick={() => update({ disabled: !user.disabled })}>
          {user.disabled ? 'Enable' : 'Disable'}
        </Button>
        <Button
          kind="quiet"
          disabled={change.isPending}
          onClick={() => change.mutate({ method: 'DELETE', path: `${path}/sessions` })}
        >
          Sign out
        </Button>
        <ConfirmButton
          name="Delete"
          of={user.name}
          disabled={change.isPending}
          onConfirm={() => change.mutate({ method: 'DELETE', path })}
        />
      </div>
    </li>
  )
}

function seen({ cameras }: User): string {
  if (cameras === null) return 'all logs'
  return `${cameras.length === 1 ? 'camera' : 'cameras'} ${cameras.join(', ')}`
}
