import { type FormEvent, useState } from 'react'
import type { UserLink } from 'timelapser-logs/api'
import { Button } from '../controls/button.tsx'
import { Labelled, Select, TextField } from '../controls/fields.tsx'
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
    <form onSubmit={submit} className="grid gap-3 rounded-lg border border-line bg-surface p-4">
      <h3 className="font-medium">Invite a user</h3>
      <div className="grid gap-3 sm:max-lg:grid-cols-2">
        <TextField
          name="Name of a user to invite"
          value={username}
          maxLength={64}
          autoComplete="off"
          onChange={setUsername}
        />
        <Labelled name="Role">
          <Select options={{ viewer: 'Viewer', admin: 'Administrator' }} value={role} onChange={setRole} />
        </Labelled>
      </div>
      {role === 'viewer' && <CameraGrants value={cameras} onChange={setCameras} />}
      <Button
        type="submit"
        kind="accent"
        className="justify-self-start"
        disabled={username.trim() === '' || invite.isPending || (role === 'viewer' && cameras?.length === 0)}
      >
        Invite
      </Button>
    </form>
  )
}
