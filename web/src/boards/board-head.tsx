import { Pencil, RotateCw, Share2 } from 'lucide-react'
import type { Board } from 'timelapser-logs/api/boards'
import { Link } from '../app/link.tsx'
import { Button, IconButton } from '../controls/button.tsx'
import { copy } from '../controls/copy.ts'
import { RangePicker } from '../logs/filters/range-picker.tsx'
import type { Range } from '../time/range.ts'

/** The name of a board, its range, and the things to do with it. */
export function BoardHead({
  board,
  range,
  choose,
  zone,
  isEdited,
  edit,
  refresh,
}: {
  board: Board
  range: Range
  choose: (range: Range) => void
  zone: string
  isEdited: boolean
  edit: () => void
  refresh: () => void
}) {
  const { name, shared, is_own: isOwn, owner_name: owner, refresh_seconds: seconds } = board
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <div className="min-w-0">
        <p className="text-small text-muted">
          <Link href="/boards" className="rounded-sm underline-offset-2 hover:underline">
            Boards
          </Link>
          {shared && (isOwn ? ' · shared' : ` · shared by ${owner}`)}
          {seconds > 0 && ` · refreshed every ${inWords(seconds)}`}
        </p>
        <h1 className="text-figure font-semibold tracking-tight wrap-anywhere">{name}</h1>
      </div>
      <span className="ml-auto flex min-w-0 flex-wrap items-center gap-1.5 max-sm:ml-0 max-sm:w-full">
        <RangePicker range={range} change={({ range: next }) => next && choose(next)} zone={zone} />
        {shared && (
          <IconButton
            label="Copy the link to this board"
            onClick={() => copy(window.location.href, 'the link to the board')}
          >
            <Share2 size={15} aria-hidden />
          </IconButton>
        )}
        <IconButton label="Refresh all charts" onClick={refresh}>
          <RotateCw size={15} aria-hidden />
        </IconButton>
        {board.may_edit && (
          <Button aria-pressed={isEdited} onClick={edit}>
            <Pencil size={14} aria-hidden /> Edit
          </Button>
        )}
      </span>
    </div>
  )
}

function inWords(seconds: number): string {
  if (seconds % 60 !== 0) return `${seconds} seconds`
  return seconds === 60 ? 'minute' : `${seconds / 60} minutes`
}
