import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { request } from '../api/client.ts'
import { Button } from '../controls/button.tsx'
import { Text } from '../controls/fields.tsx'
import { Problem } from '../controls/form-end.tsx'

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
    <section className="grid max-w-md gap-2">
      <h2 className="font-semibold">Add a camera</h2>
      <form onSubmit={submit} className="flex flex-wrap gap-2">
        <Text
          aria-label="Name of a new camera"
          placeholder="Name of a new camera"
          value={name}
          maxLength={200}
          onChange={setName}
          className="min-w-40 flex-1"
        />
        <Button type="submit" disabled={name.trim() === '' || add.isPending}>
          Add
        </Button>
        <Problem error={add.error} className="w-full" />
      </form>
    </section>
  )
}
