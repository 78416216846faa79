import { FIELD } from '../controls/surfaces.ts'
import { NumberField } from './number-field.tsx'
import { RAISED_LEVELS, type RaisedLevel, type RuleDraft } from './rule-draft.ts'

/** Whether more of a group is stored for a while when it fires. */
export function RaiseFields({
  raise,
  onChange,
}: {
  raise: RuleDraft['raise']
  onChange: (raise: RuleDraft['raise']) => void
}) {
  return (
    <span className="flex flex-wrap items-center gap-2">
      <label className="flex cursor-pointer items-center gap-2">
        <input
          type="checkbox"
          checked={raise !== null}
          onChange={(event) => onChange(event.target.checked ? { level: 'DEBUG', minutes: '15' } : null)}
          className="size-3.5 accent-accent"
        />
        When a group fires, store more of its lines{raise === null ? '' : ':'}
      </label>
      {raise && (
        <>
          <span className="text-muted">from</span>
          <select
            aria-label="Level to store"
            value={raise.level}
            onChange={(event) => onChange({ ...raise, level: event.target.value as RaisedLevel })}
            className={`${FIELD} !w-auto`}
          >
            {RAISED_LEVELS.map((level) => (
              <option key={level}>{level}</option>
            ))}
          </select>
          <span className="text-muted">on, for</span>
          <NumberField
            label="Minutes to store more"
            value={raise.minutes}
            onChange={(minutes) => onChange({ ...raise, minutes })}
          />
          <span className="text-muted">minutes</span>
        </>
      )}
    </span>
  )
}
