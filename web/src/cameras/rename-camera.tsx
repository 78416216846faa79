import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { request } from '../api/client.ts'
import { Button } from '../controls/button.tsx'
import { FIELD } from '../controls/surfaces.ts'

/** The name of a camera as a field, in the place of the name. */
export function RenameCamera({ camera, done }: { camera: { id: number; name: string }; done: () => void }) {
  const [name, setName] = useState(camera.name)
  const client = useQueryClient()
  const rename = useMutation({
    mutationFn: () => request(`/api/cameras/${camera.id}`, { method: 'PUT', body: { name: name.trim() } }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['cameras'] })
      // Rows carry the names of their cameras.
      client.invalidateQueries({ queryKey: ['logs'] })
      done()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    rename.mutate()
  }
  return (
    <form onSubmit={submit} className="grid gap-2">
      <input
        aria-label={`Name of camera ${camera.id}`}
        value={name}
        maxLength={200}
        // biome-ignore lint/a11y/noAutofocus: the field replaces the button that was just pressed
        autoFocus
        onChange={(event) => setName(event.target.value)}
        onKeyDown={(event) => event.key === 'Escape' && done()}
        className={FIELD}
      />
      <span className="flex gap-2">
        <Button type="submit" kind="accent" disabled={name.trim() === '' || rename.isPending}>
          Save
        </Button>
        <Button kind="quiet" onClick={done}>
          Cancel
        </Button>
      </span>
      {rename.isError && (
        <p role="alert" className="text-error">
          {rename.error.message}
        </p>
      )}
    </form>
  )
}
