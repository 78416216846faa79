import { type FormEvent, useState } from 'react'
import { Button } from '../controls/button.tsx'
import { Check, Text } from '../controls/fields.tsx'
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
        <Text
          aria-label="Name of the view"
          placeholder="Save this view as…"
          value={name}
          maxLength={200}
          onChange={setName}
        />
        <Button type="submit" kind="accent" disabled={name.trim() === '' || save.isPending}>
          Save
        </Button>
      </div>
      <Check className="text-muted" checked={shared} onChange={setShared}>
        Share with other users
      </Check>
    </form>
  )
}
