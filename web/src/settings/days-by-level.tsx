import type { Settings } from 'timelapser-logs/api'
import { Text } from '../controls/fields.tsx'
import { LEVEL_NAME, LEVEL_TEXT, LEVELS } from '../logs/levels.ts'
import { SettingHint } from './named-values.tsx'

type Days = Settings['retention_by_level']

/** Days for some of the levels; an empty field leaves a level to the days for all. */
export function DaysByLevel({
  days,
  otherwise,
  problem,
  onChange,
}: {
  days: Days
  otherwise: number
  problem: string | null
  onChange: (days: Days) => void
}) {
  const set = (level: keyof Days, text: string) => {
    const { [level]: _, ...others } = days
    onChange(text === '' ? others : { ...others, [level]: Number(text) })
  }
  return (
    <fieldset className="grid grid-cols-1 gap-x-4 gap-y-1.5 sm:grid-cols-[11rem_minmax(0,1fr)]">
      <legend className="float-left font-medium sm:pt-1.5">By level</legend>
      <div className="grid grid-cols-1 gap-1 sm:col-start-2">
        <div className="grid grid-cols-2 gap-2 sm:grid-cols-5">
          {LEVELS.map((level) => (
            <label key={level} className="grid gap-1">
              <span className={`text-small font-medium ${LEVEL_TEXT[level]}`}>{LEVEL_NAME[level]}</span>
              <Text
                type="number"
                min={0}
                placeholder={String(otherwise)}
                value={days[level] ?? ''}
                onChange={(text) => set(level, text)}
                className="figures"
              />
            </label>
          ))}
        </div>
        <SettingHint
          of="retention_by_level"
          hint="Days to keep lines of these levels. 0 keeps them forever; empty uses the days for all lines."
          problem={problem}
        />
      </div>
    </fieldset>
  )
}
