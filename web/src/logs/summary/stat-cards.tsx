import type { UseQueryResult } from '@tanstack/react-query'
import type { LogStats } from 'timelapser-logs/api'
import { setValue, stateOf } from '../filters/filter-values.ts'
import { LEVELS } from '../levels.ts'
import { periodInWords } from '../period.ts'
import type { ChangeView } from '../use-view.ts'
import type { LogView } from '../view.ts'
import { COUNT } from './listed-count.ts'
import { StatCard } from './stat-card.tsx'

/** Counts by level under every filter but the level, for which each card is the switch. */
export function StatCards({
  stats,
  view,
  change,
  zone,
}: {
  stats: UseQueryResult<LogStats>
  view: LogView
  change: ChangeView
  zone: string
}) {
  const period = periodInWords(view.range, zone)
  const summary = stats.isError ? null : stats.data?.summary
  const unfiltered = view.level.length + view.exclude_level.length === 0 && view.min_level === null
  return (
    <fieldset
      className="grid min-w-0 flex-1 grid-cols-3 gap-px overflow-hidden rounded-lg border border-line bg-line sm:grid-cols-6"
      aria-label={`Lines by level, ${period}`}
    >
      {LEVELS.map((level) => (
        <StatCard
          key={level}
          level={level}
          count={summary?.[COUNT[level]]}
          failed={stats.isError}
          stale={stats.isPlaceholderData}
          period={period}
          pressed={stateOf(view, 'level', level) === 'in'}
          onToggle={() =>
            change(setValue(view, 'level', level, stateOf(view, 'level', level) === 'in' ? 'unset' : 'in'))
          }
        />
      ))}
      <StatCard
        level={null}
        count={summary?.total_logs}
        failed={stats.isError}
        stale={stats.isPlaceholderData}
        period={period}
        pressed={unfiltered}
        onToggle={() => change({ level: [], exclude_level: [], min_level: null })}
      />
    </fieldset>
  )
}
