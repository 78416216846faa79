import { Plus, X } from 'lucide-react'
import { useState } from 'react'
import { IconButton } from '../controls/button.tsx'
import { FIELD } from '../controls/surfaces.ts'
import { SettingNote } from './setting-note.tsx'

type Joining = Record<string, boolean>

/** Whether the lines of a trace, sent one by one, are stored as one entry: source by source. */
export function JoinBySource({
  joining,
  problem,
  onChange,
}: {
  joining: Joining
  problem: string | null
  onChange: (joining: Joining) => void
}) {
  const [source, setSource] = useState('')
  const name = source.trim()
  const add = () => {
    if (name === '') return
    onChange({ ...joining, [name]: true })
    setSource('')
  }
  const remove = (gone: string) => {
    const { [gone]: _, ...others } = joining
    onChange(others)
  }
  return (
    <fieldset className="grid grid-cols-1 gap-x-4 gap-y-1.5 sm:grid-cols-[11rem_minmax(0,1fr)]">
      <legend className="float-left font-medium sm:pt-1.5">Lines of a trace</legend>
      <div className="grid grid-cols-1 gap-2 sm:col-start-2">
        {Object.entries(joining).map(([one, isJoined]) => (
          <div key={one} className="flex items-center gap-2">
            <span className="min-w-0 flex-1 truncate font-mono text-small">{one}</span>
            <select
              aria-label={`Lines of a trace of ${one}`}
              value={String(isJoined)}
              onChange={({ target }) => onChange({ ...joining, [one]: target.value === 'true' })}
              className={`${FIELD} max-w-44`}
            >
              <option value="true">Joined into one line</option>
              <option value="false">As sent</option>
            </select>
            <IconButton label={`Default for ${one}`} onClick={() => remove(one)}>
              <X size={14} aria-hidden />
            </IconButton>
          </div>
        ))}
        <div className="flex items-center gap-2">
          <input
            aria-label="Source whose lines are joined"
            placeholder="source"
            value={source}
            maxLength={100}
            spellCheck={false}
            autoCapitalize="none"
            onChange={({ target }) => setSource(target.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Enter' || name === '') return
              event.preventDefault()
              add()
            }}
            className={`${FIELD} min-w-0 flex-1`}
          />
          <IconButton label="Join its lines" kind="plain" disabled={name === ''} onClick={add}>
            <Plus size={14} aria-hidden />
          </IconButton>
        </div>
        <p
          role={problem === null ? undefined : 'alert'}
          className={`text-small text-pretty ${problem === null ? 'text-faint' : 'text-error'}`}
        >
          {problem ??
            'By default, lines of plain text and of syslog over TCP are joined; lines from all other inputs are stored as sent.'}
          {problem === null && <SettingNote of="join_by_source" />}
        </p>
      </div>
    </fieldset>
  )
}
