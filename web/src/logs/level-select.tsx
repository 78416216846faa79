import type { ComponentProps } from 'react'
import { FIELD } from '../controls/surfaces.ts'
import { isLevel, LEVEL_NAME, LEVELS, type Level } from './levels.ts'

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
      <Thresholds levels={LEVELS.toReversed()} />
    </select>
  )
}

/** A threshold that may be missing: all levels then. */
export function MinLevelSelect({
  value,
  none,
  onChange,
}: {
  value: Level | null
  /** The option for none. */
  none: string
  onChange: (level: Level | null) => void
}) {
  return (
    <select
      value={value ?? ''}
      onChange={({ target }) => onChange(isLevel(target.value) ? target.value : null)}
      className={FIELD}
    >
      <option value="">{none}</option>
      <Thresholds levels={LEVELS.filter((level) => level !== 'DEBUG')} />
    </select>
  )
}

function Thresholds({ levels }: { levels: readonly Level[] }) {
  return levels.map((level) => (
    <option key={level} value={level}>
      {LEVEL_NAME[level]}
      {level !== 'CRITICAL' && ' and above'}
    </option>
  ))
}
