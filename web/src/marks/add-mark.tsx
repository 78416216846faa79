import { type FormEvent, useState } from 'react'
import type { MarkInput } from 'timelapser-logs/api'
import { serverNow } from '../api/server-clock.ts'
import { Button } from '../controls/button.tsx'
import { Select, Text } from '../controls/fields.tsx'
import { instantOf, wallTime } from '../time/zone.ts'
import { useChangeMarks } from './use-marks.ts'

/** @param at what the form begins with, in milliseconds; the present when unset */
export function AddMark({
  zone,
  at: from,
  onDone,
}: {
  zone: string
  at?: number | undefined
  onDone?: () => void
}) {
  const [text, setText] = useState('')
  const [kind, setKind] = useState<NonNullable<MarkInput['kind']>>('deploy')
  const [at, setAt] = useState(() => wallText(from ?? serverNow(), zone))
  const add = useChangeMarks(() => {
    setText('')
    onDone?.()
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const instant = instantIn(at, zone)
    const when = instant === null ? {} : { at: new Date(instant).toISOString() }
    add.mutate({ method: 'POST', path: '/api/marks', body: { text: text.trim(), kind, ...when } })
  }
  return (
    <form aria-label="Add a mark" onSubmit={submit} className="grid gap-2 px-2 pb-1">
      <div className="flex gap-2">
        <Text
          aria-label="What happened"
          placeholder="deployed 1.4"
          value={text}
          maxLength={500}
          onChange={setText}
        />
        <Select
          aria-label="Kind"
          options={{ deploy: 'Deploy', note: 'Note' }}
          value={kind}
          onChange={setKind}
          className="w-28! shrink-0"
        />
      </div>
      <div className="flex gap-2">
        <Text type="datetime-local" step={1} aria-label={`When (${zone})`} value={at} onChange={setAt} />
        <Button type="submit" kind="accent" disabled={text.trim() === '' || add.isPending}>
          Add
        </Button>
      </div>
    </form>
  )
}

const two = (value: number) => String(value).padStart(2, '0')

/** An instant as the clocks of a zone show it, in the form of the field. */
function wallText(instant: number, zone: string): string {
  const { year, month, day, hour, minute, second } = wallTime(instant, zone)
  return `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}`
}

/** Null where the field is empty: the server's present is meant. */
function instantIn(text: string, zone: string): number | null {
  const [year, month, day, hour, minute, second = 0] = text.split(/[-T:]/).map(Number)
  if (
    year === undefined ||
    month === undefined ||
    day === undefined ||
    hour === undefined ||
    minute === undefined
  )
    return null
  return instantOf({ year, month, day, hour, minute, second }, zone)
}
