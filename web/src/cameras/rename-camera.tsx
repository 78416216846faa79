import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { request } from '../api/client.ts'
import { Text } from '../controls/fields.tsx'
import { FormButtons, Problem } from '../controls/form-end.tsx'

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
      <Text
        aria-label={`Name of camera ${camera.id}`}
        value={name}
        maxLength={200}
        // The field replaces the button that was just pressed.
        autoFocus
        onChange={setName}
        onKeyDown={(event) => event.key === 'Escape' && done()}
      />
      <FormButtons name="Save" disabled={name.trim() === '' || rename.isPending} onCancel={done} />
      <Problem error={rename.error} />
    </form>
  )
}
