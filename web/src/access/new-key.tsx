import { type FormEvent, useState } from 'react'
import type { CreatedApiKey } from 'timelapser-logs/api'
import { Button } from '../controls/button.tsx'
import { FIELD } from '../controls/surfaces.ts'
import { CameraGrants } from './camera-grants.tsx'
import { ShownOnce } from './shown-once.tsx'
import { useChange } from './use-access.ts'

const SCOPES = { ingest: 'Write logs', read: 'Read logs', admin: 'Everything' } as const
const DAYS = [30, 90, 365]

/** Makes a key; its secret is shown once. */
export function NewKey() {
  const [name, setName] = useState('')
  const [scope, setScope] = useState('ingest')
  const [days, setDays] = useState(0)
  const [cameras, setCameras] = useState<number[] | null>(null)
  const [secret, setSecret] = useState<string | null>(null)
  const create = useChange<CreatedApiKey>('keys', (created) => {
    setSecret(created.secret)
    setName('')
  })
  if (secret !== null) return <ShownOnce text={secret} what="key" done={() => setSecret(null)} />
  const granted = scope === 'read' ? cameras : null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const body = {
      name: name.trim(),
      scope,
      ...(granted ? { cameras: granted } : {}),
      ...(days > 0 ? { expires_in_days: days } : {}),
    }
    create.mutate({ method: 'POST', path: '/api/keys', body })
  }
  return (
    <form onSubmit={submit} className="grid gap-2">
      <div className="flex flex-wrap gap-2">
        <input
          aria-label="Name of a new key"
          placeholder="Name of a new key"
          value={name}
          maxLength={100}
          onChange={(event) => setName(event.target.value)}
          className={`${FIELD} min-w-40 flex-1`}
        />
        <select
          aria-label="Scope"
          value={scope}
          onChange={(event) => setScope(event.target.value)}
          className={`${FIELD} max-w-36`}
        >
          {Object.entries(SCOPES).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
        <select
          aria-label="Expiry"
          value={days}
          onChange={(event) => setDays(Number(event.target.value))}
          className={`${FIELD} max-w-36`}
        >
          <option value={0}>Never expires</option>
          {DAYS.map((count) => (
            <option key={count} value={count}>
              {count} days
            </option>
          ))}
        </select>
        <Button type="submit" disabled={name.trim() === '' || granted?.length === 0 || create.isPending}>
          Create
        </Button>
      </div>
      {scope === 'read' && <CameraGrants value={cameras} onChange={setCameras} />}
    </form>
  )
}
