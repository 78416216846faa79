import { useState } from 'react'
import { Select } from '../controls/fields.tsx'
import { AddButton, AdditionText, SettingFieldset, SettingHint, SourceValues } from './named-values.tsx'

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
  const isComplete = name !== ''
  const add = () => {
    if (!isComplete) return
    onChange({ ...joining, [name]: true })
    setSource('')
  }
  return (
    <SettingFieldset name="Lines of a trace">
      <SourceValues values={joining} removal={(one) => `Default for ${one}`} onChange={onChange}>
        {(one, isJoined, set) => (
          <Select
            aria-label={`Lines of a trace of ${one}`}
            options={{ true: 'Joined into one line', false: 'As sent' }}
            value={isJoined ? 'true' : 'false'}
            onChange={(next) => set(next === 'true')}
            className="max-w-44"
          />
        )}
      </SourceValues>
      <div className="flex items-center gap-2">
        <AdditionText
          {...{ isComplete, add }}
          aria-label="Source whose lines are joined"
          placeholder="source"
          value={source}
          maxLength={100}
          spellCheck={false}
          autoCapitalize="none"
          onChange={setSource}
        />
        <AddButton {...{ isComplete, add }} label="Join its lines" />
      </div>
      <SettingHint
        of="join_by_source"
        hint="By default, lines of plain text and of syslog over TCP are joined; lines from all other inputs are stored as sent."
        problem={problem}
      />
    </SettingFieldset>
  )
}
