import { type FormEvent, useState } from 'react'
import type { ApiKeyInput, CreatedApiKey } from 'timelapser-logs/api'
import { Button } from '../controls/button.tsx'
import { Labelled } from '../controls/fields.tsx'
import { FIELD } from '../controls/surfaces.ts'
import { MinLevelSelect } from '../logs/level-select.tsx'
import type { Level } from '../logs/levels.ts'
import { CameraGrants } from './camera-grants.tsx'
import { ShownOnce } from './shown-once.tsx'
import { useChange } from './use-access.ts'

const SCOPES = { ingest: 'Write logs', read: 'Read logs', admin: 'Everything' } as const
const DAYS = [30, 90, 365]

const EMPTY = {
  name: '',
  scope: 'ingest' as ApiKeyInput['scope'],
  days: 0,
  minLevel: null as Level | null,
  rateLimit: '',
  origins: '',
  cameras: null as number[] | null,
}

/** Makes a key; its secret is shown once. */
export function NewKey() {
  const [draft, setDraft] = useState(EMPTY)
  const [secret, setSecret] = useState<string | null>(null)
  const create = useChange<CreatedApiKey>('keys', (created) => {
    setSecret(created.secret)
    setDraft(EMPTY)
  })
  if (secret !== null) return <ShownOnce text={secret} what="key" done={() => setSecret(null)} />
  const { name, scope, days, minLevel, rateLimit, origins, cameras } = draft
  const reads = scope === 'read'
  const set = (change: Partial<typeof EMPTY>) => setDraft({ ...draft, ...change })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const body: ApiKeyInput = {
      name: name.trim(),
      scope,
      ...(reads && cameras ? { cameras } : {}),
      ...(reads && minLevel ? { min_level: minLevel } : {}),
      ...(scope === 'ingest' && origins.trim() ? { origins: origins.trim().split(/[\s,]+/) } : {}),
      ...(rateLimit ? { rate_limit: Number(rateLimit) } : {}),
      ...(days > 0 ? { expires_in_days: days } : {}),
    }
    create.mutate({ method: 'POST', path: '/api/keys', body })
  }
  return (
    <form onSubmit={submit} className="grid gap-3 rounded-lg border border-line bg-surface p-4">
      <h3 className="font-medium">New key</h3>
      <div className="grid gap-3 sm:max-lg:grid-cols-2">
        <KeyFields draft={draft} set={set} />
        <ScopeFields draft={draft} set={set} />
      </div>
      {reads && <CameraGrants value={cameras} onChange={(chosen) => set({ cameras: chosen })} />}
      <Button
        type="submit"
        kind="accent"
        className="justify-self-start"
        disabled={name.trim() === '' || (reads && cameras?.length === 0) || create.isPending}
      >
        Create key
      </Button>
    </form>
  )
}

type FieldsProps = { draft: typeof EMPTY; set: (change: Partial<typeof EMPTY>) => void }

/** The fields of every key. */
function KeyFields({ draft: { name, scope, days, rateLimit }, set }: FieldsProps) {
  return (
    <>
      <Labelled name="Key name">
        <input
          value={name}
          maxLength={100}
          onChange={(event) => set({ name: event.target.value })}
          className={FIELD}
        />
      </Labelled>
      <Labelled name="Scope">
        <select
          value={scope}
          onChange={(event) => set({ scope: event.target.value as ApiKeyInput['scope'] })}
          className={FIELD}
        >
          {Object.entries(SCOPES).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </Labelled>
      <Labelled name="Expiry">
        <select
          value={days}
          onChange={(event) => set({ days: Number(event.target.value) })}
          className={FIELD}
        >
          <option value={0}>Never</option>
          {DAYS.map((count) => (
            <option key={count} value={count}>
              In {count} days
            </option>
          ))}
        </select>
      </Labelled>
      <Labelled name="Requests per minute">
        <input
          type="number"
          min={1}
          max={1_000_000}
          placeholder="the default limit"
          value={rateLimit}
          onChange={(event) => set({ rateLimit: event.target.value })}
          className={`${FIELD} figures`}
        />
      </Labelled>
    </>
  )
}

/** The fields that depend on the scope. */
function ScopeFields({ draft: { scope, origins, minLevel }, set }: FieldsProps) {
  return (
    <>
      {scope === 'ingest' && (
        <Labelled name="Web origins">
          <input
            value={origins}
            maxLength={2000}
            placeholder="none: a key for programs"
            onChange={(event) => set({ origins: event.target.value })}
            className={FIELD}
          />
        </Labelled>
      )}
      {scope === 'read' && (
        <Labelled name="Minimum level">
          <MinLevelSelect value={minLevel} none="All levels" onChange={(level) => set({ minLevel: level })} />
        </Labelled>
      )}
    </>
  )
}
