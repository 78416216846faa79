import { Skeleton } from '../../controls/skeleton.tsx'
import { LEVEL_FILL, LEVEL_NAME, LEVEL_TEXT, type Level } from '../levels.ts'

/** One count; `undefined` is loading, and an error shows a dash, never a zero. */
export function StatCard({
  level,
  count,
  failed,
  stale,
  period,
  pressed,
  onToggle,
}: {
  level: Level | null
  count: number | undefined
  failed: boolean
  stale: boolean
  period: string
  pressed: boolean
  onToggle: () => void
}) {
  const name = level === null ? 'Total' : LEVEL_NAME[level]
  const shown = failed ? '–' : count?.toLocaleString()
  const quiet = count === 0 || failed
  return (
    <button
      type="button"
      aria-pressed={pressed}
      title={`${name}, ${period}. ${level === null ? 'Show all levels' : pressed ? 'Stop filtering by it' : 'Show only it'}`}
      onClick={onToggle}
      className={`relative grid min-w-0 content-center gap-0.5 px-3.5 py-2 sm:max-lg:px-2.5 text-left transition-colors focus-visible:-outline-offset-2 ${pressed && level !== null ? 'bg-selected' : 'bg-surface hover:bg-hover'}`}
    >
      <span className="flex min-w-0 items-center gap-2 text-small font-medium text-muted">
        {level !== null && <span className={`size-2 shrink-0 rounded-sm ${LEVEL_FILL[level]}`} aria-hidden />}
        <span className={level === null ? 'shrink-0' : 'truncate'}>{name}</span>
        {level === null && <span className="truncate font-normal text-faint max-xl:hidden">{period}</span>}
      </span>
      {shown === undefined ? (
        <>
          <Skeleton className="my-1 h-[1.125rem] w-14" />
          <span className="sr-only">loading</span>
        </>
      ) : (
        <span
          className={`figures font-semibold tracking-tight ${sizeOf(shown)} ${quiet ? 'text-faint' : level === null || level === 'INFO' || level === 'DEBUG' ? 'text-ink' : LEVEL_TEXT[level]} ${stale ? 'outdated' : ''}`}
        >
          {shown}
        </span>
      )}
      {pressed && level !== null && (
        <span className={`absolute inset-x-0 bottom-0 h-0.5 ${LEVEL_FILL[level]}`} aria-hidden />
      )}
    </button>
  )
}

/** Six cards share the width: long numbers are smaller, so that none is cut. */
function sizeOf(shown: string): string {
  if (shown.length > 9) return 'text-figure max-lg:text-body lg:max-xl:text-title'
  if (shown.length > 7) return 'text-figure max-lg:text-title'
  return 'text-figure sm:max-lg:text-title'
}
