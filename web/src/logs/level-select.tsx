import type { ComponentProps } from 'react'
import { Select } from '../controls/fields.tsx'
import { LEVEL_NAME, LEVELS, type Level } from './levels.ts'

/** A threshold: this level and above. */
export function LevelSelect({
  value,
  onChange,
  ...rest
}: Omit<ComponentProps<'select'>, 'value' | 'onChange'> & {
  value: Level
  onChange: (level: Level) => void
}) {
  return <Select options={THRESHOLDS} value={value} onChange={onChange} {...rest} />
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
  const above = THRESHOLDS.toReversed().filter(([level]) => level !== 'DEBUG')
  return (
    <Select<Level | ''>
      options={[['', none], ...above]}
      value={value ?? ''}
      onChange={(level) => onChange(level === '' ? null : level)}
    />
  )
}

/** The levels, least first, each with its text. */
const THRESHOLDS = LEVELS.toReversed().map(
  (level) => [level, level === 'CRITICAL' ? LEVEL_NAME[level] : `${LEVEL_NAME[level]} and above`] as const,
)
