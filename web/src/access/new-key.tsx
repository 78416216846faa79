import { type FormEvent, useState } from 'react'
import type { ApiKeyInput, CreatedApiKey } from 'timelapser-logs/api'
import { Button } from '../controls/button.tsx'
import { Labelled, Select, TextField } from '../controls/fields.tsx'
import { MinLevelSelect } from '../logs/level-select.tsx'
import type { Level } from '../logs/levels.ts'
import { CameraGrants } from './camera-grants.tsx'
import { ShownOnce } from './shown-once.tsx'
import { useChange } from './use-access.ts'

const SCOPES = { ingest: 'Write logs', read: 'Read logs', admin: 'Everything' } as const
const EXPIRIES: readonly (readonly [days: number, text: string])[] = [
  [0, 'Never'],
  [30, 'In 30 days'],
  [90, 'In 90 days'],
  [365, 'In 365 days'],
]

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
      <TextField name="Key name" value={name} maxLength={100} onChange={(text) => set({ name: text })} />
      <Labelled name="Scope">
        <Select options={SCOPES} value={scope} onChange={(next) => set({ scope: next })} />
      </Labelled>
      <Labelled name="Expiry">
        <Select options={EXPIRIES} value={days} onChange={(next) => set({ days: next })} />
      </Labelled>
      <TextField
        name="Requests per minute"
        type="number"
        min={1}
        max={1_000_000}
        placeholder="the default limit"
        value={rateLimit}
        onChange={(text) => set({ rateLimit: text })}
        className="figures"
      />
    </>
  )
}

/** The fields that depend on the scope. */
function ScopeFields({ draft: { scope, origins, minLevel }, set }: FieldsProps) {
  return (
    <>
      {scope === 'ingest' && (
        <TextField
          name="Web origins"
          value={origins}
          maxLength={2000}
          placeholder="none: a key for programs"
          onChange={(text) => set({ origins: text })}
        />
      )}
      {scope === 'read' && (
        <Labelled name="Minimum level">
          <MinLevelSelect value={minLevel} none="All levels" onChange={(level) => set({ minLevel: level })} />
        </Labelled>
      )}
    </>
  )
}
