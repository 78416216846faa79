import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { Camera } from 'timelapser-logs/api'
import { request } from '../api/client.ts'
import { useCameras } from '../api/use-settings.ts'
import { Button } from '../controls/button.tsx'
import { Skeleton } from '../controls/skeleton.tsx'
import { FIELD } from '../controls/surfaces.ts'

/** The cameras by id and name, and a way to add one. */
export function CameraList() {
  const cameras = useCameras()
  return (
    <section className="grid gap-4 border-t border-line pt-8">
      <h2 className="text-title font-semibold">Cameras</h2>
      {cameras.isPending && <Skeleton className="h-16 w-full" />}
      {cameras.isError && (
        <p className="text-error">The cameras could not be loaded: {cameras.error.message}</p>
      )}
      {cameras.data?.cameras.length === 0 && (
        <p className="text-muted">No camera is known yet. The first line that names one adds it.</p>
      )}
      {cameras.data && cameras.data.cameras.length > 0 && (
        <ul className="divide-y divide-line rounded-lg border border-line bg-surface">
          {cameras.data.cameras.map((camera) => (
            <li key={camera.id} className="flex items-center gap-3 px-4 py-2">
              <span aria-hidden>📹</span>
              <span className="min-w-0 flex-1 truncate">{camera.name}</span>
              <span className="figures text-small text-faint">id {camera.id}</span>
            </li>
          ))}
        </ul>
      )}
      <AddCamera />
    </section>
  )
}

function AddCamera() {
  const [name, setName] = useState('')
  const client = useQueryClient()
  const add = useMutation({
    mutationFn: () => request<Camera>('/api/cameras', { method: 'POST', body: { name: name.trim() } }),
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
    <form onSubmit={submit} className="flex gap-2">
      <input
        aria-label="Name of a new camera"
        placeholder="Name of a new camera"
        value={name}
        maxLength={200}
        onChange={(event) => setName(event.target.value)}
        className={FIELD}
      />
      <Button type="submit" disabled={name.trim() === '' || add.isPending}>
        Add
      </Button>
      {add.isError && (
        <p role="alert" className="text-error">
          {add.error.message}
        </p>
      )}
    </form>
  )
}
