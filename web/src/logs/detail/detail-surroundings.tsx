import { type RefObject, useLayoutEffect, useRef, useState } from 'react'
import type { LogRow } from 'timelapser-logs/api'
import {
  MAX_SIDE,
  type Scope,
  type Sides,
  type Surroundings,
  useSurroundings,
} from '../../api/use-surroundings.ts'
import { usePreference } from '../../app/preference.ts'
import { Failed } from '../../controls/failed.tsx'
import { Skeleton } from '../../controls/skeleton.tsx'
import { SIDES, surroundingsPreference } from '../list-preferences.ts'
import type { ChangeView } from '../use-view.ts'
import { ScopeButtons } from './scope-buttons.tsx'
import { SurroundingEnd } from './surrounding-end.tsx'
import { SurroundingLine } from './surrounding-line.tsx'

/** The lines right before and after, without the filters of the list. */
export function DetailSurroundings({ log, change, zone }: { log: LogRow; change: ChangeView; zone: string }) {
  const [scope, setScope] = useState<Scope>('origin')
  const [side, setSide] = usePreference(surroundingsPreference)
  const [asked, setAsked] = useState({ of: '', before: 0, after: 0 })
  const of = `${log.id} ${scope} ${side}`
  // Further lines that were requested belonged to another line.
  const more = asked.of === of ? asked : { before: 0, after: 0 }
  const sides: Sides = { before: sum(side, more.before), after: sum(side, more.after) }
  const lines = useSurroundings(log, scope, sides)
  const list = useRef<HTMLOListElement>(null)
  useKeptPlace(list, `${log.id} ${scope}`, lines.data)

  // While more are fetched, those shown are of fewer.
  const isCut = cutSides(log, lines.isPlaceholderData ? undefined : lines.data, sides)
  const open = (id: number) => change({ log: id }, { replace: true })
  const ask = (end: 'before' | 'after') => {
    const edge = end === 'before' ? lines.data?.logs.at(-1) : lines.data?.logs[0]
    if (sides[end] < MAX_SIDE && !isCut[end]) setAsked({ of, ...more, [end]: more[end] + Number(side) })
    else if (edge) open(edge.id)
  }
  return (
    <div className="grid gap-3 p-4 [overflow-anchor:none]">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <ScopeButtons log={log} scope={scope} setScope={setScope} />
        <label className="flex items-center gap-2 text-small text-muted">
          Lines before and after
          <select
            value={side}
            onChange={(event) => setSide(SIDES.find((one) => one === event.target.value) ?? '10')}
            className="h-7 rounded-md border border-line-strong bg-surface px-1.5 text-ink"
          >
            {SIDES.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
      </div>
      {lines.isError && (
        <Failed what="The lines around it" error={lines.error} retry={() => lines.refetch()} />
      )}
      {lines.isPending && <Skeleton className="h-40 w-full" />}
      {lines.data && (
        <div
          className={`grid ${lines.isPlaceholderData ? 'outdated' : ''}`}
          aria-busy={lines.isPlaceholderData}
        >
          <SurroundingEnd
            end="after"
            has={lines.data.has_newer}
            isCut={isCut.after}
            shown={sides.after}
            ask={ask}
          />
          <ol
            ref={list}
            aria-label="Lines around this one, newest first"
            className="my-1.5 grid gap-px overflow-hidden rounded-md border border-line bg-line"
          >
            {lines.data.logs.map((row) => (
              <SurroundingLine
                key={row.id}
                row={row}
                own={row.id === log.id}
                around={log.timestamp}
                named={scope !== 'origin'}
                zone={zone}
                open={open}
              />
            ))}
          </ol>
          <SurroundingEnd
            end="before"
            has={lines.data.has_older}
            isCut={isCut.before}
            shown={sides.before}
            ask={ask}
          />
        </div>
      )}
    </div>
  )
}

/** On which sides fewer lines came than there are and were asked for: an answer ends at 8 MB. */
function cutSides(log: LogRow, found: Surroundings | undefined, asked: Sides) {
  const own = found?.logs.findIndex(({ id }) => id === log.id) ?? -1
  if (!found || own === -1) return { before: false, after: false }
  return {
    before: found.has_older && found.logs.length - own - 1 < asked.before,
    after: found.has_newer && own < asked.after,
  }
}

function sum(side: string, more: number): number {
  return Math.min(MAX_SIDE, Number(side) + more)
}

/**
 * Keeps the current line of a list where it stands on the screen while lines come above it, and brings it to the middle
 * when the list is about another. Browsers do the first by themselves, but not at the very top.
 */
function useKeptPlace(list: RefObject<HTMLElement | null>, about: string, lines: unknown): void {
  const last = useRef({ about: '', top: 0 })
  // biome-ignore lint/correctness/useExhaustiveDependencies: other lines are drawn elsewhere
  useLayoutEffect(() => {
    const own = list.current?.querySelector<HTMLElement>('[aria-current]')
    const scroller = list.current?.closest<HTMLElement>('[role="tabpanel"]')
    if (!own || !scroller) return
    const [line, frame] = [own.getBoundingClientRect(), scroller.getBoundingClientRect()]
    const top = line.top - frame.top + scroller.scrollTop
    // The panel may reach below the window.
    const height = Math.min(frame.bottom, window.innerHeight) - frame.top
    scroller.scrollTop =
      last.current.about === about
        ? scroller.scrollTop + top - last.current.top
        : top - (height - line.height) / 2
    last.current = { about, top }
  }, [about, lines])
}
