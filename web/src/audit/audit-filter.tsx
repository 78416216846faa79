import { type FormEvent, useState } from 'react'
import { Labelled } from '../access/labelled.tsx'
import { navigate } from '../app/location.ts'
import { Button } from '../controls/button.tsx'
import { FIELD } from '../controls/surfaces.ts'

const FIELDS = [
  ['actor', 'Who', 'user anna'],
  ['action', 'What', 'settings'],
  ['entity', 'To what', 'camera 4'],
] as const

/** What the entries are narrowed by, each exactly, the action also by its beginning. */
export function AuditFilter({ search }: { search: string }) {
  const [draft, setDraft] = useState(() => Object.fromEntries(new URLSearchParams(search)))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const query = new URLSearchParams()
    for (const [name] of FIELDS) if (draft[name]?.trim()) query.set(name, draft[name].trim())
    navigate(query.size === 0 ? '/audit' : `/audit?${query}`)
  }
  return (
    <form onSubmit={submit} className="grid grid-cols-1 items-end gap-3 sm:grid-cols-[1fr_1fr_1fr_auto]">
      {FIELDS.map(([name, label, example]) => (
        <Labelled key={name} name={label}>
          <input
            value={draft[name] ?? ''}
            placeholder={example}
            maxLength={200}
            onChange={(event) => setDraft({ ...draft, [name]: event.target.value })}
            className={FIELD}
          />
        </Labelled>
      ))}
      <div className="flex gap-2">
        <Button type="submit">Filter</Button>
        {search !== '' && (
          <Button kind="quiet" onClick={() => navigate('/audit')}>
            Clear
          </Button>
        )}
      </div>
    </form>
  )
}
