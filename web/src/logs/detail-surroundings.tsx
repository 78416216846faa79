import { useState } from 'react'
import type { LogRow } from 'timelapser-logs/api'
import { type Scope, useSurroundings } from '../api/use-surroundings.ts'
import { Skeleton } from '../controls/skeleton.tsx'
import { NO_NEEDLES } from '../text/segments.ts'
import { formatClock } from '../time/format.ts'
import { LevelLabel } from './level-label.tsx'
import { originOf } from './origin.ts'
import { RowMessage } from './row-message.tsx'
import type { ChangeView } from './use-view.ts'

/** What was logged right before and after, without the filters of the list. */
export function DetailSurroundings({ log, change, zone }: { log: LogRow; change: ChangeView; zone: string }) {
  const [scope, setScope] = useState<Scope>('origin')
  const lines = useSurroundings(log, scope)
  return (
    <div className="grid gap-3 p-4">
      <fieldset className="flex gap-1" aria-label="Of what">
        <ScopeButton chosen={scope === 'origin'} onClick={() => setScope('origin')}>
          {`Only ${originOf(log).name}`}
        </ScopeButton>
        <ScopeButton chosen={scope === 'everything'} onClick={() => setScope('everything')}>
          Everything
        </ScopeButton>
      </fieldset>
      {lines.isError && <p className="text-error">{lines.error.message}</p>}
      {lines.isPending && <Skeleton className="h-40 w-full" />}
      <ol className="grid gap-px overflow-hidden rounded-md border border-line bg-line empty:hidden">
        {lines.data?.map((row) => (
          <li key={row.id} aria-current={row.id === log.id || undefined}>
            <button
              type="button"
              onClick={() => change({ log: row.id }, { replace: true })}
              className={`grid w-full gap-0.5 px-3 py-1.5 text-left text-small focus-visible:-outline-offset-2 ${row.id === log.id ? 'bg-selected' : 'bg-surface hover:bg-hover'}`}
            >
              <span className="flex items-center gap-2">
                <span className="font-mono text-faint">{formatClock(row.timestamp, zone)}</span>
                <LevelLabel level={row.level} />
                {scope === 'everything' && <span className="truncate text-muted">{originOf(row).name}</span>}
              </span>
              <span className="line-clamp-2 font-mono">
                <RowMessage row={row} needles={NO_NEEDLES} wrap />
              </span>
            </button>
          </li>
        ))}
      </ol>
    </div>
  )
}

function ScopeButton({
  chosen,
  onClick,
  children,
}: {
  chosen: boolean
  onClick: () => void
  children: string
}) {
  return (
    <button
      type="button"
      aria-pressed={chosen}
      onClick={onClick}
      className={`max-w-48 truncate rounded-md px-2.5 py-1 text-small font-medium ${chosen ? 'bg-accent-wash text-accent' : 'text-muted hover:bg-hover'}`}
    >
      {children}
    </button>
  )
}
