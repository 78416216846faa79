import { Plus, X } from 'lucide-react'
import { Button, IconButton } from '../controls/button.tsx'
import { Select } from '../controls/fields.tsx'
import { ChannelChoice } from './channel-choice.tsx'
import type { Kind } from './condition-draft.ts'
import { NumberField } from './number-field.tsx'
import { SEVERITIES, type ThresholdDraft } from './rule-draft.ts'

const MOST = 5

/** The unit of a further limit. */
const UNITS: Readonly<Record<Kind, string>> = {
  ...{ any: '', new: '', over: 'lines', under: 'lines', silence: 'minutes' },
  ...{ share: '%', number: '', usual: 'times the usual' },
}

/** Further limits of a rule, each with its severity and its channels. */
export function ThresholdsFields({
  kind,
  channels,
  thresholds,
  onChange,
}: {
  kind: Kind
  /** Those of the rule, which a new threshold begins with. */
  channels: readonly string[]
  thresholds: readonly ThresholdDraft[]
  onChange: (thresholds: ThresholdDraft[]) => void
}) {
  const set = (index: number, change: Partial<ThresholdDraft>) =>
    onChange(thresholds.map((one, at) => (at === index ? { ...one, ...change } : one)))
  return (
    <fieldset className="grid gap-3">
      <legend className="sr-only">Further thresholds</legend>
      {thresholds.map((threshold, index) => (
        <Threshold
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other identity while they are edited
          key={index}
          number={index + 1}
          unit={UNITS[kind]}
          threshold={threshold}
          set={(change) => set(index, change)}
          remove={() => onChange(thresholds.toSpliced(index, 1))}
        />
      ))}
      {thresholds.length < MOST && (
        <div>
          <Button
            onClick={() =>
              onChange([...thresholds, { at: '', severity: 'critical', channels: [...channels] }])
            }
          >
            <Plus size={14} aria-hidden /> Add a further threshold
          </Button>
        </div>
      )}
    </fieldset>
  )
}

function Threshold({
  number,
  unit,
  threshold,
  set,
  remove,
}: {
  number: number
  unit: string
  threshold: ThresholdDraft
  set: (change: Partial<ThresholdDraft>) => void
  remove: () => void
}) {
  return (
    <div className="grid gap-2 rounded-md border border-line px-3 py-2.5">
      <div className="flex flex-wrap items-center gap-2">
        <span className="text-muted">Beyond</span>
        <NumberField label={`Threshold ${number}`} value={threshold.at} onChange={(at) => set({ at })} />
        <span className="text-muted">{unit} it is</span>
        <Select
          aria-label={`Severity of threshold ${number}`}
          options={SEVERITIES}
          value={threshold.severity}
          onChange={(severity) => set({ severity })}
          className="!w-auto"
        />
        <span className="text-muted">and notifies</span>
        <span className="ml-auto">
          <IconButton label={`Remove threshold ${number}`} onClick={remove}>
            <X size={14} aria-hidden />
          </IconButton>
        </span>
      </div>
      <ChannelChoice chosen={threshold.channels} onChange={(channels) => set({ channels })} />
    </div>
  )
}
