import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { request } from '../api/client.ts'
import { Button } from '../controls/button.tsx'
import { FIELD } from '../controls/surfaces.ts'

/** Adds a camera before its first line does. */
export function NewCamera() {
  const [name, setName] = useState('')
  const client = useQueryClient()
  const add = useMutation({
    mutationFn: () => request('/api/cameras', { method: 'POST', body: { name: name.trim() } }),
    onSuccess: () => {
      setName('')
      client.invalidateQueries({ queryKey: ['cameras'] })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    add.mutate()
  }
  return (
    <form onSubmit={submit} className="flex flex-wrap gap-2">
      <input
        aria-label="Name of a new camera"
        placeholder="Name of a new camera"
        value={name}
        maxLength={200}
        onChange={(event) => setName(event.target.value)}
        className={`${FIELD} min-w-40 flex-1`}
      />
      <Button type="submit" disabled={name.trim() === '' || add.isPending}>
        Add
      </Button>
      {add.isError && (
        <p role="alert" className="w-full text-error">
          {add.error.message}
        </p>
      )}
    </form>
  )
}
