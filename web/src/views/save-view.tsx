import { type FormEvent, useState } from 'react'
import { Button } from '../controls/button.tsx'
import { FIELD } from '../controls/surfaces.ts'
import { useChangeViews } from './use-views.ts'

/** Keeps what is shown now. */
export function SaveView({ query }: { query: string }) {
  const [name, setName] = useState('')
  const [shared, setShared] = useState(false)
  const save = useChangeViews(() => setName(''))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate({ method: 'POST', path: '/api/views', body: { name: name.trim(), query, shared } })
  }
  return (
    <form onSubmit={submit} className="mt-2 grid gap-2 border-t border-line px-2 pt-3 pb-1">
      <div className="flex gap-2">
        <input
          aria-label="Name of the view"
          placeholder="Save this view as…"
          value={name}
          maxLength={200}
          onChange={(event) => setName(event.target.value)}
          className={FIELD}
        />
        <Button type="submit" kind="accent" disabled={name.trim() === '' || save.isPending}>
          Save
        </Button>
      </div>
      <label className="flex cursor-pointer items-center gap-2 text-muted">
        <input
          type="checkbox"
          checked={shared}
          onChange={(event) => setShared(event.target.checked)}
          className="size-3.5 accent-accent"
        />
        Share with other users
      </label>
    </form>
  )
}
