import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Pencil } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import type { Camera } from 'timelapser-logs/api'
import { request } from '../api/client.ts'
import { Button, IconButton } from '../controls/button.tsx'
import { FIELD } from '../controls/surfaces.ts'

/** One camera; its name becomes a field when it is to be changed. */
export function CameraItem({ camera }: { camera: Camera }) {
  const [draft, setDraft] = useState<string | null>(null)
  const client = useQueryClient()
  const rename = useMutation({
    mutationFn: (name: string) => request(`/api/cameras/${camera.id}`, { method: 'PUT', body: { name } }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['cameras'] })
      // Rows carry the names of their cameras.
      client.invalidateQueries({ queryKey: ['logs'] })
      setDraft(null)
    },
  })
  if (draft === null) {
    return (
      <li className="flex items-center gap-3 py-1.5 pr-2 pl-4">
        <span aria-hidden>📹</span>
        <span className="min-w-0 flex-1 truncate">{camera.name}</span>
        <span className="figures text-small text-faint">id {camera.id}</span>
        <IconButton label={`Rename ${camera.name}`} onClick={() => setDraft(camera.name)}>
          <Pencil size={14} aria-hidden />
        </IconButton>
      </li>
    )
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    rename.mutate(draft.trim())
  }
  return (
    <li className="py-1.5 pr-2 pl-4">
      <form onSubmit={submit} className="flex flex-wrap items-center gap-2">
        <input
          aria-label={`Name of camera ${camera.id}`}
          value={draft}
          maxLength={200}
          // biome-ignore lint/a11y/noAutofocus: the field replaces the button that was just pressed
          autoFocus
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={(event) => event.key === 'Escape' && setDraft(null)}
          className={`${FIELD} min-w-40 flex-1`}
        />
        <Button type="submit" kind="accent" disabled={draft.trim() === '' || rename.isPending}>
          Save
        </Button>
        <Button kind="quiet" onClick={() => setDraft(null)}>
          Cancel
        </Button>
        {rename.isError && (
          <p role="alert" className="w-full text-error">
            {rename.error.message}
          </p>
        )}
      </form>
    </li>
  )
}
