import { useState } from 'react'
import type { User, UserLink } from 'timelapser-logs/api'
import { Button } from '../controls/button.tsx'
import { useDisplayZone } from '../time/display-zone.ts'
import { formatMoment } from '../time/format.ts'
import { ConfirmButton } from './confirm-button.tsx'
import { ShownOnce } from './shown-once.tsx'
import { useChange } from './use-access.ts'
import { UserCameras } from './user-cameras.tsx'
import { UserSessions } from './user-sessions.tsx'

type Panel = 'cameras' | 'sessions' | null

/** A user: their role, their last visit, and the changes an administrator can make. */
export function UserItem({ user }: { user: User }) {
  const [panel, setPanel] = useState<Panel>(null)
  const [url, setUrl] = useState<string | null>(null)
  const change = useChange('users', () => setPanel(null))
  const link = useChange<UserLink>('users', (made) => setUrl(made.url))
  const isBusy = change.isPending || link.isPending
  const update = (body: unknown) => change.mutate({ method: 'PATCH', path: pathOf(user), body })
  const toggle = (name: Panel) => setPanel(panel === name ? null : name)
  return (
    <li className="grid grid-cols-1 gap-2 px-4 py-3">
      <UserHead user={user} />
      {panel === 'cameras' && (
        <UserCameras
          cameras={user.cameras}
          disabled={isBusy}
          onSave={(cameras) => update({ cameras })}
          onClose={() => setPanel(null)}
        />
      )}
      {panel === 'sessions' && <UserSessions user={user} onClose={() => setPanel(null)} />}
      {url !== null && <ShownOnce text={url} what={linkName(user)} done={() => setUrl(null)} />}
      <div className="-ml-3 flex flex-wrap">
        <UserActions user={user} isBusy={isBusy} link={link} update={update} panel={panel} toggle={toggle} />
        <UserEndings user={user} change={change} isBusy={isBusy} />
      </div>
    </li>
  )
}

function UserHead({ user }: { user: User }) {
  const zone = useDisplayZone()
  return (
    <div className="flex flex-wrap items-baseline gap-x-3">
      <span className="font-medium break-all">{user.name}</span>
      <span className="text-small text-muted">
        {user.role === 'admin' ? 'Administrator' : `Viewer, ${seen(user)}`}
        {user.is_external && ', through the provider'}
        {user.two_factor && ', with second factor'}
        {user.disabled && ', disabled'}
      </span>
      <span className="text-small text-faint sm:ml-auto">
        {user.last_sign_in_at
          ? `Last sign-in ${formatMoment(user.last_sign_in_at, zone, Date.now())}`
          : user.has_password || user.is_external
            ? 'Never active'
            : 'Invited'}
      </span>
    </div>
  )
}

type Change = ReturnType<typeof useChange>

/** Actions on an account: a link, another role, cameras and sessions. */
function UserActions({
  user,
  isBusy,
  link,
  update,
  panel,
  toggle,
}: {
  user: User
  isBusy: boolean
  link: Pick<Change, 'mutate'>
  update: (body: unknown) => void
  panel: Panel
  toggle: (panel: Panel) => void
}) {
  return (
    <>
      {!user.disabled && !user.is_external && (
        <Button
          kind="quiet"
          aria-label={`New link for ${user.name}`}
          disabled={isBusy}
          onClick={() =>
            link.mutate({ method: 'POST', path: '/api/users/link', body: { username: user.name } })
          }
        >
          New link
        </Button>
      )}
      {!user.is_external && (
        <ConfirmButton
          name={user.role === 'admin' ? 'Make viewer' : 'Make administrator'}
          of={user.name}
          disabled={isBusy}
          onConfirm={() => update({ role: user.role === 'admin' ? 'viewer' : 'admin' })}
        />
      )}
      {user.role === 'viewer' && !user.is_external && (
        <Button kind="quiet" aria-expanded={panel === 'cameras'} onClick={() => toggle('cameras')}>
          Cameras…
        </Button>
      )}
      {(user.has_password || user.is_external) && (
        <Button
          kind="quiet"
          aria-label={`Sessions of ${user.name}`}
          aria-expanded={panel === 'sessions'}
          onClick={() => toggle('sessions')}
        >
          Sessions…
        </Button>
      )}
    </>
  )
}

/** Actions that end something: the second factor, the access, the account. */
function UserEndings({
  user,
  change,
  isBusy,
}: {
  user: User
  change: Pick<Change, 'mutate'>
  isBusy: boolean
}) {
  const update = (body: unknown) => change.mutate({ method: 'PATCH', path: pathOf(user), body })
  return (
    <>
      {user.two_factor && (
        <ConfirmButton
          name="Remove second factor"
          of={user.name}
          disabled={isBusy}
          onConfirm={() => change.mutate({ method: 'DELETE', path: `${pathOf(user)}/two-factor` })}
        />
      )}
      {user.disabled ? (
        <Button kind="quiet" disabled={isBusy} onClick={() => update({ disabled: false })}>
          Enable
        </Button>
      ) : (
        <ConfirmButton
          name="Disable"
          of={user.name}
          disabled={isBusy}
          onConfirm={() => update({ disabled: true })}
        />
      )}
      <ConfirmButton
        name="Delete"
        of={user.name}
        disabled={isBusy}
        onConfirm={() => change.mutate({ method: 'DELETE', path: pathOf(user) })}
      />
    </>
  )
}

function pathOf(user: User): string {
  return `/api/users/${user.id}`
}

function linkName({ name, has_password }: User): string {
  return has_password ? `password reset link for ${name}` : `invitation link for ${name}`
}

function seen({ cameras }: User): string {
  if (cameras === null) return 'all logs'
  if (cameras.length === 0) return 'no logs'
  return `${cameras.length === 1 ? 'camera' : 'cameras'} ${cameras.join(', ')}`
}
