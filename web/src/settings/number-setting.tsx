import type { Settings } from 'timelapser-logs/api'
import { FIELD } from '../controls/surfaces.ts'
import { SettingField } from './setting-field.tsx'

export type NumberName = { [N in keyof Settings]: Settings[N] extends number ? N : never }[keyof Settings]

/** The part of a draft that the field of a setting uses. */
export type NumberDraft<N extends NumberName> = {
  value: (of: N) => number
  set: (of: N, value: number) => void
  problem: (of: N) => string | null
}

/** A whole number among the settings, with its unit beside it. Empty it is not a number, which no form sends. */
export function NumberSetting<N extends NumberName>({
  draft,
  of,
  unit,
  ...rest
}: {
  draft: NumberDraft<N>
  of: N
  name: string
  hint: string
  unit: string
}) {
  const value = draft.value(of)
  return (
    <SettingField {...rest} of={of} problem={draft.problem(of)}>
      {(ids) => (
        <span className="flex items-center gap-2">
          <input
            type="number"
            inputMode="numeric"
            min={0}
            required
            value={Number.isNaN(value) ? '' : value}
            onChange={({ target }) => draft.set(of, target.valueAsNumber)}
            {...ids}
            className={`${FIELD} figures max-w-36`}
          />
          <span className="text-muted">{unit}</span>
        </span>
      )}
    </SettingField>
  )
}
