import type { ComponentProps } from 'react'
import { FIELD } from '../controls/surfaces.ts'
import { isLevel, LEVEL_NAME, LEVELS, type Level } from '../logs/levels.ts'

/** A threshold: this level and above. */
export function LevelSelect({
  value,
  onChange,
  ...rest
}: Omit<ComponentProps<'select'>, 'value' | 'onChange'> & {
  value: Level
  onChange: (level: Level) => void
}) {
  return (
    <select
      value={value}
      onChange={({ target }) => isLevel(target.value) && onChange(target.value)}
      className={FIELD}
      {...rest}
    >
      {LEVELS.toReversed().map((level) => (
        <option key={level} value={level}>
          {LEVEL_NAME[level]}
          {level !== 'CRITICAL' && ' and above'}
        </option>
      ))}
    </select>
  )
}
