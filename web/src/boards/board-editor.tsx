import { ArrowDown, ArrowUp, X } from 'lucide-react'
import { type FormEvent, useRef, useState } from 'react'
import type { Board, PinnedChart } from 'timelapser-logs/api/boards'
import { navigate } from '../app/location.ts'
import { Button, IconButton } from '../controls/button.tsx'
import { DeleteDialog } from '../controls/delete-dialog.tsx'
import { FIELD } from '../controls/surfaces.ts'
import type { Range } from '../time/range.ts'
import { rangeText } from './board-range.ts'
import { useChangeBoards } from './use-boards.ts'

const WIDTHS = [
  ['third', 'A third'],
  ['half', 'Half'],
  ['two_thirds', 'Two thirds'],
  ['full', 'Full width'],
] as const

const REFRESHES = [
  [0, 'By hand'],
  [10, 'Every 10 seconds'],
  [30, 'Every 30 seconds'],
  [60, 'Every minute'],
  [300, 'Every 5 minutes'],
  [900, 'Every 15 minutes'],
] as const

type Draft = PinnedChart & { key: number }

/** A board's name, its charts in their order, and who sees it, until they are saved together. */
export function BoardEditor({ board, range, close }: { board: Board; range: Range; close: () => void }) {
  const [name, setName] = useState(board.name)
  const [shared, setShared] = useState(board.shared)
  const [seconds, setSeconds] = useState(board.refresh_seconds)
  const [charts, setCharts] = useState<Draft[]>(() => board.charts.map((chart, key) => ({ ...chart, key })))
  const [isDeleting, setDeleting] = useState(false)
  const save = useChangeBoards(() => {
    navigate(`/boards/${board.id}`, { replace: true })
    close()
  })
  const path = `/api/boards/${board.id}` as const
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const fields = { name: name.trim(), shared, refresh_seconds: seconds, range: rangeText(range) }
    const kept = charts.map(({ key: _, ...chart }) => ({ ...chart, title: chart.title.trim() }))
    save.mutate({ method: 'PATCH', path, body: { ...fields, charts: kept, version: board.version } })
  }
  const isNamed = name.trim() !== '' && charts.every(({ title }) => title.trim() !== '')
  return (
    <form aria-label="Edit the board" onSubmit={submit} className="grid max-w-4xl grid-cols-1 gap-4">
      <div className="flex flex-wrap items-end gap-x-4 gap-y-3">
        <label className="grid w-72 max-w-full gap-1 text-small font-medium text-muted">
          Name
          <input
            value={name}
            maxLength={200}
            onChange={({ target }) => setName(target.value)}
            className={FIELD}
          />
        </label>
        <label className="grid w-48 gap-1 text-small font-medium text-muted">
          Refresh
          <select
            value={seconds}
            onChange={({ target }) => setSeconds(Number(target.value))}
            className={FIELD}
          >
            {REFRESHES.some(([one]) => one === seconds) || (
              <option value={seconds}>Every {seconds} seconds</option>
            )}
            {REFRESHES.map(([one, words]) => (
              <option key={one} value={one}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <label className="flex h-8 cursor-pointer items-center gap-2">
          <input
            type="checkbox"
            checked={shared}
            onChange={({ target }) => setShared(target.checked)}
            className="size-3.5 accent-accent"
          />
          Share with other users
        </label>
      </div>
      <p className="text-small text-pretty text-muted">
        The range chosen above is saved with the board. Others see a shared board by its link, each with the
        lines that they may see.
      </p>
      <ChartList charts={charts} set={setCharts} />
      <div className="flex flex-wrap gap-2">
        <Button type="submit" kind="accent" disabled={!isNamed || save.isPending}>
          Save
        </Button>
        <Button onClick={close}>Cancel</Button>
        <Button kind="quiet" className="ml-auto text-error!" onClick={() => setDeleting(true)}>
          Delete the board
        </Button>
      </div>
      {isDeleting && <Deletion board={board} close={() => setDeleting(false)} />}
    </form>
  )
}

function ChartList({ charts, set }: { charts: Draft[]; set: (charts: Draft[]) => void }) {
  const list = useRef<HTMLOListElement>(null)
  const move = (from: number, by: 1 | -1) => {
    const moved = [...charts]
    const [chart] = moved.splice(from, 1)
    if (chart === undefined) return
    moved.splice(from + by, 0, chart)
    set(moved)
    // An element that moves in the document loses the focus.
    requestAnimationFrame(() => {
      const buttons = list.current?.children[from + by]?.querySelectorAll<HTMLButtonElement>('[data-move]')
      buttons?.[by === -1 ? 0 : 1]?.focus()
    })
  }
  const change = (key: number, part: Partial<PinnedChart>) =>
    set(charts.map((chart) => (chart.key === key ? { ...chart, ...part } : chart)))
  return (
    <ol ref={list} aria-label="Charts of the board" className="grid grid-cols-1 gap-2">
      {charts.map(({ key, title, width, own_range: hasOwnRange }, index) => (
        <li
          key={key}
          className="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg border border-line bg-surface px-3 py-2"
        >
          <span className="flex">
            <IconButton
              data-move
              label={`Move ${title} up`}
              disabled={index === 0}
              onClick={() => move(index, -1)}
            >
              <ArrowUp size={15} aria-hidden />
            </IconButton>
            <IconButton
              data-move
              label={`Move ${title} down`}
              disabled={index === charts.length - 1}
              onClick={() => move(index, 1)}
            >
              <ArrowDown size={15} aria-hidden />
            </IconButton>
          </span>
          <input
            aria-label={`Title of chart ${index + 1}`}
            value={title}
            maxLength={200}
            onChange={({ target }) => change(key, { title: target.value })}
            className={`${FIELD} min-w-40 flex-1`}
          />
          <select
            aria-label={`Width of ${title}`}
            value={width}
            onChange={({ target }) =>
              change(key, { width: WIDTHS.find(([one]) => one === target.value)?.[0] ?? 'half' })
            }
            className={`${FIELD} w-32!`}
          >
            {WIDTHS.map(([one, words]) => (
              <option key={one} value={one}>
                {words}
              </option>
            ))}
          </select>
          <label className="flex cursor-pointer items-center gap-2 text-muted">
            <input
              type="checkbox"
              checked={hasOwnRange}
              onChange={({ target }) => change(key, { own_range: target.checked })}
              className="size-3.5 accent-accent"
            />
            Its own range
          </label>
          <IconButton
            label={`Remove ${title} from the board`}
            onClick={() => set(charts.filter((chart) => chart.key !== key))}
          >
            <X size={15} aria-hidden />
          </IconButton>
        </li>
      ))}
    </ol>
  )
}

function Deletion({ board, close }: { board: Board; close: () => void }) {
  const remove = useChangeBoards(() => navigate('/boards'))
  return (
    <DeleteDialog
      title={`Delete the board ${board.name}?`}
      consequence="Its charts are deleted with it; no lines are. This cannot be undone."
      ready
      pending={remove.isPending}
      error={remove.error}
      remove={() => remove.mutate({ method: 'DELETE', path: `/api/boards/${board.id}` })}
      close={close}
    />
  )
}
