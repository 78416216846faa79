import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { Levels } from 'timelapser-logs/api'
import { request } from '../api/client.ts'
import { useCameras } from '../api/use-settings.ts'
import { Button } from '../controls/button.tsx'
import { Labelled, Select, Text, TextField } from '../controls/fields.tsx'
import { Problem } from '../controls/form-end.tsx'
import { notify } from '../controls/notice.tsx'
import type { LevelChange } from '../levels/use-levels.ts'
import { LevelSelect } from '../logs/level-select.tsx'
import type { Level } from '../logs/levels.ts'

const DURATIONS: readonly (readonly [minutes: number, name: string])[] = [
  [15, '15 minutes'],
  [60, '1 hour'],
  [480, '8 hours'],
  [1440, '1 day'],
  [10_080, '7 days'],
  [0, 'No time limit'],
]

const TARGET = {
  camera: { name: 'Camera', placeholder: '' },
  logger: { name: 'Logger or prefix', placeholder: 'worker.upload' },
  source: { name: 'Source', placeholder: 'api' },
} as const
const SCOPES = Object.keys(TARGET) as (keyof typeof TARGET)[]

const NEW = {
  ...{ scope: 'camera' as keyof typeof TARGET, target: '', level: 'DEBUG' as Level },
  ...{ minutes: 15, cap: '', reason: '' },
}
type Draft = typeof NEW
type FieldsProps = { draft: Draft; set: (change: Partial<Draft>) => void }

/** Gives a camera, logger or source a level, by default for a limited time. */
export function NewOverride() {
  const client = useQueryClient()
  const [draft, setDraft] = useState(NEW)
  const set = (change: Partial<Draft>) => setDraft((now) => ({ ...now, ...change }))
  const add = useMutation({
    mutationFn: (change: LevelChange) => request<Levels>('/api/levels', { method: 'PUT', body: change }),
    onSuccess: (levels) => {
      client.setQueryData(['levels'], levels)
      set({ target: '', cap: '', reason: '' })
      notify('Override added')
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    add.mutate(changeOf(draft))
  }
  return (
    <form
      onSubmit={submit}
      aria-label="Add an override"
      className="grid grid-cols-1 items-start gap-3 sm:grid-cols-2 lg:grid-cols-[7rem_minmax(0,1fr)_11rem_8rem]"
    >
      <TargetFields draft={draft} set={set} />
      <Labelled name="Level">
        <LevelSelect value={draft.level} onChange={(level) => set({ level })} />
      </Labelled>
      <Labelled name="For">
        <Select options={DURATIONS} value={draft.minutes} onChange={(minutes) => set({ minutes })} />
      </Labelled>
      <div className="flex flex-wrap items-end gap-3 sm:col-span-full">
        <OptionalFields draft={draft} set={set} />
        <Button type="submit" disabled={draft.target.trim() === '' || add.isPending}>
          Add override
        </Button>
      </div>
      <Problem error={add.error} className="sm:col-span-full" />
    </form>
  )
}

function changeOf({ scope, target, level, minutes, cap, reason }: Draft): LevelChange {
  return {
    ...{ scope, target: target.trim(), level },
    ...(minutes > 0 && { minutes }),
    ...(cap !== '' && { max_lines_per_minute: Number(cap) }),
    ...(reason.trim() !== '' && { reason: reason.trim() }),
  }
}

function TargetFields({ draft: { scope, target }, set }: FieldsProps) {
  const { name, placeholder } = TARGET[scope]
  return (
    <>
      <Labelled name="Scope">
        <Select options={SCOPES} value={scope} onChange={(next) => set({ scope: next, target: '' })} />
      </Labelled>
      <Labelled name={name}>
        {scope === 'camera' ? (
          <CameraSelect value={target} onChange={(id) => set({ target: id })} />
        ) : (
          <Text
            value={target}
            placeholder={placeholder}
            maxLength={200}
            required
            onChange={(text) => set({ target: text })}
          />
        )}
      </Labelled>
    </>
  )
}

function OptionalFields({ draft: { cap, reason }, set }: FieldsProps) {
  return (
    <>
      <div className="w-44">
        <TextField
          name="Maximum lines per minute"
          type="number"
          inputMode="numeric"
          min={1}
          max={1_000_000}
          value={cap}
          placeholder="6000"
          onChange={(text) => set({ cap: text })}
        />
      </div>
      <div className="min-w-40 flex-1">
        <TextField name="Reason" value={reason} maxLength={500} onChange={(text) => set({ reason: text })} />
      </div>
    </>
  )
}

function CameraSelect({ value, onChange }: { value: string; onChange: (id: string) => void }) {
  const cameras = useCameras().data?.cameras ?? []
  return (
    <Select
      required
      options={[
        ['', 'Choose a camera…'],
        ...cameras.map(({ id, name }) => [String(id), `${name} (id ${id})`] as const),
      ]}
      value={value}
      onChange={onChange}
    />
  )
}
