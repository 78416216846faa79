import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { Levels } from 'timelapser-logs/api'
import { request } from '../api/client.ts'
import { useCameras } from '../api/use-settings.ts'
import { Button } from '../controls/button.tsx'
import { Labelled } from '../controls/fields.tsx'
import { notify } from '../controls/notice.tsx'
import { FIELD } from '../controls/surfaces.ts'
import type { LevelChange } from '../levels/use-levels.ts'
import { LevelSelect } from '../logs/level-select.tsx'
import type { Level } from '../logs/levels.ts'

const DURATIONS = [
  [15, '15 minutes'],
  [60, '1 hour'],
  [480, '8 hours'],
  [1440, '1 day'],
  [10_080, '7 days'],
  [0, 'No time limit'],
] as const

const TARGET = {
  camera: { name: 'Camera', placeholder: '' },
  logger: { name: 'Logger or prefix', placeholder: 'worker.upload' },
  source: { name: 'Source', placeholder: 'api' },
} as const
type Scope = keyof typeof TARGET

/** Gives a camera, logger or source a level, by default for a limited time. */
export function NewOverride() {
  const client = useQueryClient()
  const [scope, setScope] = useState<Scope>('camera')
  const [target, setTarget] = useState('')
  const [level, setLevel] = useState<Level>('DEBUG')
  const [minutes, setMinutes] = useState(15)
  const [cap, setCap] = useState('')
  const [reason, setReason] = useState('')
  const set = useMutation({
    mutationFn: (change: LevelChange) => request<Levels>('/api/levels', { method: 'PUT', body: change }),
    onSuccess: (levels) => {
      client.setQueryData(['levels'], levels)
      setTarget('')
      setCap('')
      setReason('')
      notify('Override added')
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    set.mutate({
      ...{ scope, target: target.trim(), level },
      ...(minutes > 0 && { minutes }),
      ...(cap !== '' && { max_lines_per_minute: Number(cap) }),
      ...(reason.trim() !== '' && { reason: reason.trim() }),
    })
  }
  return (
    <form
      onSubmit={submit}
      aria-label="Add an override"
      className="grid grid-cols-1 items-start gap-3 sm:grid-cols-2 lg:grid-cols-[7rem_minmax(0,1fr)_11rem_8rem]"
    >
      <Labelled name="Scope">
        <select
          value={scope}
          onChange={(event) => {
            setScope(event.target.value as Scope)
            setTarget('')
          }}
          className={FIELD}
        >
          <option value="camera">camera</option>
          <option value="logger">logger</option>
          <option value="source">source</option>
        </select>
      </Labelled>
      <Labelled name={TARGET[scope].name}>
        {scope === 'camera' ? (
          <CameraSelect value={target} onChange={setTarget} />
        ) : (
          <input
            value={target}
            placeholder={TARGET[scope].placeholder}
            maxLength={200}
            required
            onChange={(event) => setTarget(event.target.value)}
            className={FIELD}
          />
        )}
      </Labelled>
      <Labelled name="Level">
        <LevelSelect value={level} onChange={setLevel} />
      </Labelled>
      <Labelled name="For">
        <select
          value={minutes}
          onChange={(event) => setMinutes(Number(event.target.value))}
          className={FIELD}
        >
          {DURATIONS.map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
      </Labelled>
      <div className="flex flex-wrap items-end gap-3 sm:col-span-full">
        <div className="w-44">
          <Labelled name="Maximum lines per minute">
            <input
              type="number"
              inputMode="numeric"
              min={1}
              max={1_000_000}
              value={cap}
              placeholder="6000"
              onChange={(event) => setCap(event.target.value)}
              className={FIELD}
            />
          </Labelled>
        </div>
        <div className="min-w-40 flex-1">
          <Labelled name="Reason">
            <input
              value={reason}
              maxLength={500}
              onChange={(event) => setReason(event.target.value)}
              className={FIELD}
            />
          </Labelled>
        </div>
        <Button type="submit" disabled={target.trim() === '' || set.isPending}>
          Add override
        </Button>
      </div>
      {set.isError && (
        <p role="alert" className="text-error sm:col-span-full">
          {set.error.message}
        </p>
      )}
    </form>
  )
}

function CameraSelect({ value, onChange }: { value: string; onChange: (id: string) => void }) {
  const cameras = useCameras()
  return (
    <select required value={value} onChange={(event) => onChange(event.target.value)} className={FIELD}>
      <option value="">Choose a camera…</option>
      {cameras.data?.cameras.map(({ id, name }) => (
        <option key={id} value={id}>
          {name} (id {id})
        </option>
      ))}
    </select>
  )
}
