import { Plus, X } from 'lucide-react'
import { useState } from 'react'
import { IconButton } from '../controls/button.tsx'
import { FIELD } from '../controls/surfaces.ts'
import { SettingNote } from './setting-note.tsx'

type Days = Record<string, number>

/** Days for some sources, for all levels. */
export function DaysBySource({
  days,
  problem,
  onChange,
}: {
  days: Days
  problem: string | null
  onChange: (days: Days) => void
}) {
  const [source, setSource] = useState('')
  const [count, setCount] = useState('30')
  const isComplete = source.trim() !== '' && count !== ''
  const add = () => {
    if (!isComplete) return
    onChange({ ...days, [source.trim()]: Number(count) })
    setSource('')
  }
  const remove = (name: string) => {
    const { [name]: _, ...others } = days
    onChange(others)
  }
  return (
    <fieldset className="grid grid-cols-1 gap-x-4 gap-y-1.5 sm:grid-cols-[11rem_minmax(0,1fr)]">
      <legend className="float-left font-medium sm:pt-1.5">By source</legend>
      <div className="grid grid-cols-1 gap-2 sm:col-start-2">
        {Object.entries(days).map(([name, value]) => (
          <div key={name} className="flex items-center gap-2">
            <span className="min-w-0 flex-1 truncate font-mono text-small">{name}</span>
            <input
              type="number"
              min={0}
              required
              aria-label={`Days for lines of ${name}`}
              value={Number.isNaN(value) ? '' : value}
              onChange={({ target }) => onChange({ ...days, [name]: target.valueAsNumber })}
              className={`${FIELD} figures max-w-24`}
            />
            <IconButton label={`No rule for ${name}`} onClick={() => remove(name)}>
              <X size={14} aria-hidden />
            </IconButton>
          </div>
        ))}
        <div className="flex items-center gap-2">
          <input
            aria-label="Source of a new rule"
            placeholder="Source, such as api"
            value={source}
            maxLength={100}
            onChange={({ target }) => setSource(target.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Enter' || !isComplete) return
              event.preventDefault()
              add()
            }}
            className={`${FIELD} min-w-0 flex-1`}
          />
          <input
            type="number"
            min={0}
            aria-label="Days of a new rule"
            value={count}
            onChange={({ target }) => setCount(target.value)}
            className={`${FIELD} figures max-w-24`}
          />
          <IconButton label="Add the rule" kind="plain" disabled={!isComplete} onClick={add}>
            <Plus size={14} aria-hidden />
          </IconButton>
        </div>
        <p
          role={problem === null ? undefined : 'alert'}
          className={`text-small ${problem === null ? 'text-faint' : 'text-error'}`}
        >
          {problem ?? 'Days to keep lines of these sources at any level. 0 keeps them forever.'}
          {problem === null && <SettingNote of="retention_by_source" />}
        </p>
      </div>
    </fieldset>
  )
}
