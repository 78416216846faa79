import { useCallback, useEffect, useMemo, useState } from 'react'
import type { Board } from 'timelapser-logs/api/boards'
import { ApiError } from '../api/client.ts'
import { Link } from '../app/link.tsx'
import { navigate, useSearch } from '../app/location.ts'
import { Failed } from '../controls/failed.tsx'
import { SkeletonRows } from '../controls/skeleton.tsx'
import { useDisplayZone } from '../time/display-zone.ts'
import type { Range } from '../time/range.ts'
import { BoardChart } from './board-chart.tsx'
import { BoardEditor } from './board-editor.tsx'
import { BoardHead } from './board-head.tsx'
import { rangeText, shownRange } from './board-range.ts'
import { useBoard } from './use-boards.ts'
import '../chart/chart.css'

/** The columns that a chart takes of six; on a phone it takes all. */
const WIDTH_CLASS: Readonly<Record<Board['charts'][number]['width'], string>> = {
  third: 'lg:col-span-3 xl:col-span-2',
  half: 'lg:col-span-3',
  two_thirds: 'lg:col-span-6 xl:col-span-4',
  full: 'lg:col-span-6',
}

/** A board by its address: others open it by the same, where it is shared. */
export function BoardPage({ id }: { id: number }) {
  const board = useBoard(id)
  if (board.isPending) {
    return (
      <main id="content" className="px-4 py-6 sm:px-6">
        <SkeletonRows name="the board" rows={2} height="h-64" />
      </main>
    )
  }
  if (board.isError) {
    const isGone = board.error instanceof ApiError && board.error.status === 404
    return (
      <main id="content" className="mx-auto grid max-w-md gap-3 px-4 py-24">
        {isGone ? (
          <>
            <h1 className="text-title font-semibold">Board not found</h1>
            <p className="text-muted">It was deleted, or its owner does not share it.</p>
          </>
        ) : (
          <Failed what="The board" error={board.error} retry={() => board.refetch()} />
        )}
        <Link className="font-medium text-accent underline" href="/boards">
          Go to the boards
        </Link>
      </main>
    )
  }
  return <Shown key={id} board={board.data} />
}

function Shown({ board }: { board: Board }) {
  const search = useSearch()
  const zone = useDisplayZone()
  const range = useMemo(() => shownRange(search, board.range), [search, board.range])
  const [isEdited, setEdited] = useState(false)
  const { ticks, tick } = useTicks(isEdited ? 0 : board.refresh_seconds)
  useEffect(() => {
    document.title = `${board.name} – Timelapser Logs`
  }, [board.name])
  const choose = (next: Range) => {
    const query = rangeText(next)
    navigate(`/boards/${board.id}${query === board.range ? '' : `?${query === '' ? 'range=24h' : query}`}`)
  }
  return (
    <main id="content" className="grid grid-cols-1 gap-4 px-4 pt-4 pb-10 sm:px-6">
      <BoardHead
        board={board}
        range={range}
        choose={choose}
        zone={zone}
        isEdited={isEdited}
        edit={() => setEdited(!isEdited)}
        refresh={tick}
      />
      {isEdited ? (
        <BoardEditor key={board.version} board={board} range={range} close={() => setEdited(false)} />
      ) : (
        <Charts board={board} range={range} choose={choose} zone={zone} ticks={ticks} />
      )}
    </main>
  )
}

function Charts({
  board,
  range,
  choose,
  zone,
  ticks,
}: {
  board: Board
  range: Range
  choose: (range: Range) => void
  zone: string
  ticks: number
}) {
  if (board.charts.length === 0) {
    return (
      <p className="py-10 text-center text-pretty text-muted">
        No charts yet. Draw one on the screen{' '}
        <Link href="/chart" className="text-accent underline underline-offset-2">
          Chart
        </Link>{' '}
        and pin it to this board.
      </p>
    )
  }
  return (
    <ul aria-label="Charts" className="grid grid-cols-1 gap-4 lg:grid-cols-6">
      {board.charts.map((chart, index) => (
        <li
          // biome-ignore lint/suspicious/noArrayIndexKey: two charts may be alike, and their order changes in the editor alone
          key={`${board.version} ${index}`}
          className={`min-w-0 ${WIDTH_CLASS[chart.width]}`}
        >
          <BoardChart chart={chart} range={range} choose={choose} zone={zone} ticks={ticks} />
        </li>
      ))}
    </ul>
  )
}

/** Counts up every so many seconds while the page is looked at, and at once when it is looked at again; 0 for never. */
function useTicks(seconds: number): { ticks: number; tick: () => void } {
  const [ticks, setTicks] = useState(0)
  const tick = useCallback(() => setTicks((count) => count + 1), [])
  useEffect(() => {
    if (seconds === 0) return
    let last = Date.now()
    const tickIfDue = () => {
      if (document.hidden || Date.now() - last < seconds * 1000) return
      last = Date.now()
      tick()
    }
    const timer = setInterval(tickIfDue, 1000)
    document.addEventListener('visibilitychange', tickIfDue)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', tickIfDue)
    }
  }, [seconds, tick])
  return { ticks, tick }
}
