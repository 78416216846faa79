import { LEVEL_TEXT, type Level } from './levels.ts'

/** The level in words and colour; the two highest also in weight and ground, for those who see no colours. */
export function LevelLabel({ level }: { level: Level }) {
  const severe =
    level === 'CRITICAL'
      ? 'bg-critical-wash px-1 -mx-1 font-semibold'
      : level === 'ERROR'
        ? 'font-semibold'
        : ''
  return <span className={`rounded-sm font-mono text-small ${LEVEL_TEXT[level]} ${severe}`}>{level}</span>
}
