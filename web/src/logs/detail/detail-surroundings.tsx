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
import { SmallSelect } from '../../controls/fields.tsx'
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
  const { sides, extend } = useSides(`${log.id} ${scope} ${side}`, Number(side))
  const lines = useSurroundings(log, scope, sides)
  const list = useRef<HTMLOListElement>(null)
  useKeptPlace(list, `${log.id} ${scope}`, lines.data)

  // While more are fetched, those shown are of fewer.
  const isOld = lines.isPlaceholderData
  const isCut = cutSides(log, isOld ? undefined : lines.data, sides)
  const open = (id: number) => change({ log: id }, { replace: true })
  const ask = (end: 'before' | 'after') => {
    const edge = end === 'before' ? lines.data?.logs.at(-1) : lines.data?.logs[0]
    if (sides[end] < MAX_SIDE && !isCut[end]) extend(end)
    else if (edge) open(edge.id)
  }
  const end = (of: 'before' | 'after', has: boolean) => ({
    ...{ end: of, has, ask },
    ...{ isCut: isCut[of], shown: sides[of] },
  })
  return (
    <div className="grid gap-3 p-4 [overflow-anchor:none]">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <ScopeButtons log={log} scope={scope} setScope={setScope} />
        <label className="flex items-center gap-2 text-small text-muted">
          Lines before and after
          <SmallSelect options={SIDES} value={side} onChange={setSide} />
        </label>
      </div>
      {lines.isError && (
        <Failed what="The lines around it" error={lines.error} retry={() => lines.refetch()} />
      )}
      {lines.isPending && <Skeleton className="h-40 w-full" />}
      {lines.data && (
        <div className={`grid ${isOld ? 'outdated' : ''}`} aria-busy={isOld}>
          <SurroundingEnd {...end('after', lines.data.has_newer)} />
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
          <SurroundingEnd {...end('before', lines.data.has_older)} />
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

/** How many lines are wanted on each side: at first as many as are chosen, and then more. @param about what they are around */
function useSides(about: string, chosen: number) {
  const [asked, setAsked] = useState({ about: '', before: 0, after: 0 })
  // Further lines that were requested belonged to another line.
  const more = asked.about === about ? asked : { before: 0, after: 0 }
  const sum = (further: number) => Math.min(MAX_SIDE, chosen + further)
  const sides: Sides = { before: sum(more.before), after: sum(more.after) }
  const extend = (end: 'before' | 'after') => setAsked({ ...more, about, [end]: more[end] + chosen })
  return { sides, extend }
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
