import { type FormEvent, useState } from 'react'
import type { UserLink } from 'timelapser-logs/api'
import { Button } from '../controls/button.tsx'
import { FIELD } from '../controls/surfaces.ts'
import { CameraGrants } from './camera-grants.tsx'
import { ShownOnce } from './shown-once.tsx'
import { useChange } from './use-access.ts'

/** Makes a link that lets somebody new in; it works once, within a day. */
export function InviteUser() {
  const [username, setUsername] = useState('')
  const [role, setRole] = useState<'viewer' | 'admin'>('viewer')
  const [cameras, setCameras] = useState<number[] | null>(null)
  const [url, setUrl] = useState<string | null>(null)
  const invite = useChange<UserLink>('users', (link) => {
    setUrl(link.url)
    setUsername('')
    setCameras(null)
  })
  if (url !== null) return <ShownOnce text={url} what="invitation link" done={() => setUrl(null)} />
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const body = { username: username.trim(), role, ...(role === 'viewer' && cameras ? { cameras } : {}) }
    invite.mutate({ method: 'POST', path: '/api/users/link', body })
  }
  return (
    <form onSubmit={submit} className="grid gap-2">
      <div className="flex flex-wrap gap-2">
        <input
          aria-label="Name of a user to invite"
          placeholder="Name of a user to invite"
          value={username}
          maxLength={64}
          onChange={(event) => setUsername(event.target.value)}
          className={`${FIELD} min-w-40 flex-1`}
        />
        <select
          aria-label="Role"
          value={role}
          onChange={(event) => setRole(event.target.value === 'admin' ? 'admin' : 'viewer')}
          className={`${FIELD} max-w-40`}
        >
          <option value="viewer">Viewer</option>
          <option value="admin">Administrator</option>
        </select>
        <Button
          type="submit"
          disabled={
            username.trim() === '' || invite.isPending || (role === 'viewer' && cameras?.length === 0)
          }
        >
          Invite
        </Button>
      </div>
      {role === 'viewer' && <CameraGrants value={cameras} onChange={setCameras} />}
    </form>
  )
}
