import { useState } from 'react'
import { Text } from '../controls/fields.tsx'
import { FIELD } from '../controls/surfaces.ts'
import { AddButton, AdditionText, SettingFieldset, SettingHint, SourceValues } from './named-values.tsx'

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
  return (
    <SettingFieldset name="By source">
      <SourceValues values={days} removal={(name) => `No rule for ${name}`} onChange={onChange}>
        {(name, value, set) => (
          <input
            type="number"
            min={0}
            required
            aria-label={`Days for lines of ${name}`}
            value={Number.isNaN(value) ? '' : value}
            onChange={({ target }) => set(target.valueAsNumber)}
            className={`${FIELD} figures max-w-24`}
          />
        )}
      </SourceValues>
      <div className="flex items-center gap-2">
        <AdditionText
          {...{ isComplete, add }}
          aria-label="Source of a new rule"
          placeholder="Source, such as api"
          value={source}
          maxLength={100}
          onChange={setSource}
        />
        <Text
          type="number"
          min={0}
          aria-label="Days of a new rule"
          value={count}
          onChange={setCount}
          className="figures max-w-24"
        />
        <AddButton {...{ isComplete, add }} label="Add the rule" />
      </div>
      <SettingHint
        of="retention_by_source"
        hint="Days to keep lines of these sources at any level. 0 keeps them forever."
        problem={problem}
      />
    </SettingFieldset>
  )
}
