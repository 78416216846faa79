import type { ReactNode } from 'react'
import { Check, Select, Text } from '../controls/fields.tsx'
import { useDisplayZone } from '../time/display-zone.ts'
import {
  type ConditionDraft,
  hasAtLeast,
  hasWindows,
  KINDS,
  type Kind,
  MEASURES,
  withKind,
} from './condition-draft.ts'
import { NumberField } from './number-field.tsx'

type Change = (change: Partial<ConditionDraft>) => void
type Props = { condition: ConditionDraft; onChange: Change }

/** The condition of a rule as a sentence; its end, which groups the lines, is the child. */
export function ConditionFields({ condition, onChange, children }: Props & { children: ReactNode }) {
  const { kind, minutes } = condition
  const zone = useDisplayZone()
  return (
    <>
      <p className="flex flex-wrap items-center gap-2">
        <Select
          aria-label="Condition"
          options={KINDS}
          value={kind}
          onChange={(next) => onChange(withKind(condition, next, zone))}
          className="!w-auto"
        />
        <Limit condition={condition} onChange={onChange} />
        <span className="text-muted">
          {kind === 'silence' && condition.cadence !== null ? 'for at least' : BEFORE_MINUTES[kind]}
        </span>
        <NumberField label="Minutes" value={minutes} onChange={(next) => onChange({ minutes: next })} />
        {kind === 'new' ? (
          <span className="text-muted">minutes without another such line</span>
        ) : (
          <>
            <span className="text-muted">minutes, for</span>
            {children}
          </>
        )}
      </p>
      {kind === 'silence' && <Cadence condition={condition} onChange={onChange} />}
      {hasWindows(kind) && <WindowsFields condition={condition} onChange={onChange} />}
    </>
  )
}

const BEFORE_MINUTES: Readonly<Record<Kind, string>> = {
  any: '; resolved after',
  new: '; resolved after',
  over: 'in',
  under: 'in',
  silence: 'for',
  share: 'in',
  number: 'in',
  usual: 'in',
}

function Limit({ condition, onChange }: Props) {
  const { kind, threshold, side, field, measure } = condition
  if (kind === 'any' || kind === 'silence' || kind === 'new') return null
  const isSided = kind === 'share' || kind === 'number'
  return (
    <>
      {kind === 'number' && (
        <>
          <Text
            aria-label="Field in extra_data"
            value={field}
            maxLength={200}
            placeholder="duration_ms"
            onChange={(next) => onChange({ field: next })}
            className="!w-40 font-mono text-small"
          />
          <span className="text-muted">,</span>
          <Select
            aria-label="Measure"
            options={MEASURES}
            value={measure}
            onChange={(next) => onChange({ measure: next })}
            className="!w-auto"
          />
        </>
      )}
      {isSided && (
        <Select
          aria-label="Side of the limit"
          options={['over', 'under']}
          value={side}
          onChange={(next) => onChange({ side: next })}
          className="!w-auto"
        />
      )}
      <NumberField
        label={LIMITS[kind]}
        value={threshold}
        onChange={(next) => onChange({ threshold: next })}
      />
      {kind === 'share' && <span className="text-muted">% of the lines below</span>}
    </>
  )
}

const LIMITS = {
  ...{ over: 'Lines', under: 'Lines' },
  ...{ share: 'Percent', number: 'Limit', usual: 'Times the usual' },
} as const

/** Silence that is unlike the usual cadence of a group. */
function Cadence({ condition, onChange }: Props) {
  const { cadence } = condition
  return (
    <span className="flex flex-wrap items-center gap-2">
      <Check checked={cadence !== null} onChange={(isOn) => onChange({ cadence: isOn ? '5' : null })}>
        Only when unlike its usual cadence{cadence === null ? '' : ':'}
      </Check>
      {cadence !== null && (
        <>
          <span className="text-muted">nothing for</span>
          <NumberField
            label="Times the usual gap"
            value={cadence}
            onChange={(next) => onChange({ cadence: next })}
          />
          <span className="text-muted">times the usual gap</span>
        </>
      )}
    </span>
  )
}

/** The fields of a condition on windows beside its limit. */
function WindowsFields({ condition, onChange }: Props) {
  const { kind, at_least } = condition
  return (
    <div className="flex flex-wrap items-center gap-x-6 gap-y-2">
      <Lasting condition={condition} onChange={onChange} />
      {kind === 'usual' && <Compared condition={condition} onChange={onChange} />}
      {hasAtLeast(kind) && (
        <span className="flex flex-wrap items-center gap-2">
          <span className="text-muted">{AT_LEAST[kind as keyof typeof AT_LEAST]}</span>
          <NumberField
            label="At least"
            value={at_least}
            placeholder={kind === 'number' ? '1' : '20'}
            onChange={(next) => onChange({ at_least: next })}
          />
          <span className="text-muted">{kind === 'number' ? 'numbers' : 'lines'}</span>
        </span>
      )}
    </div>
  )
}

const AT_LEAST = {
  share: 'windows need at least',
  number: 'windows need at least',
  usual: 'it takes at least',
} as const

/** In how many windows it has to be so. */
function Lasting({ condition, onChange }: Props) {
  const { lasting } = condition
  return (
    <span className="flex flex-wrap items-center gap-2">
      <Check
        checked={lasting !== null}
        onChange={(isOn) => onChange({ lasting: isOn ? { windows: '2', of: '3' } : null })}
      >
        Only when it lasts
      </Check>
      {lasting && (
        <>
          <span className="text-muted">in</span>
          <NumberField
            label="Windows"
            value={lasting.windows}
            onChange={(windows) => onChange({ lasting: { ...lasting, windows } })}
          />
          <span className="text-muted">of the last</span>
          <NumberField
            label="Of windows"
            value={lasting.of}
            onChange={(of) => onChange({ lasting: { ...lasting, of } })}
          />
          <span className="text-muted">windows</span>
        </>
      )}
    </span>
  )
}

/** The days that tell what is usual. */
function Compared({ condition, onChange }: Props) {
  const { days, timezone } = condition
  return (
    <span className="flex flex-wrap items-center gap-2">
      <span className="text-muted">compared with</span>
      <NumberField label="Days" value={days} placeholder="7" onChange={(next) => onChange({ days: next })} />
      <span className="text-muted">days, by the clock of</span>
      <Text
        aria-label="Time zone of the days"
        value={timezone}
        maxLength={60}
        placeholder="UTC"
        onChange={(next) => onChange({ timezone: next })}
        className="!w-44"
      />
    </span>
  )
}
