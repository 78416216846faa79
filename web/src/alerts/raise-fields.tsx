import { Check, Select } from '../controls/fields.tsx'
import { NumberField } from './number-field.tsx'
import { RAISED_LEVELS, type RuleDraft } from './rule-draft.ts'

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
      <Check
        checked={raise !== null}
        onChange={(isOn) => onChange(isOn ? { level: 'DEBUG', minutes: '15' } : null)}
      >
        When a group fires, store more of its lines{raise === null ? '' : ':'}
      </Check>
      {raise && (
        <>
          <span className="text-muted">from</span>
          <Select
            aria-label="Level to store"
            options={RAISED_LEVELS}
            value={raise.level}
            onChange={(level) => onChange({ ...raise, level })}
            className="!w-auto"
          />
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
