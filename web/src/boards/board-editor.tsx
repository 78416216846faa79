import { ArrowDown, ArrowUp, X } from 'lucide-react'
import { type FormEvent, useRef, useState } from 'react'
import type { Board, PinnedChart } from 'timelapser-logs/api/boards'
import { navigate } from '../app/location.ts'
import { Button, IconButton } from '../controls/button.tsx'
import { DeleteDialog } from '../controls/delete-dialog.tsx'
import { Captioned, Check, Select, Text } from '../controls/fields.tsx'
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
] as const satisfies readonly Refresh[]

type Refresh = readonly [seconds: number, words: string]

/** The choices of a refresh, with the one that the API set. */
function refreshesWith(seconds: number): readonly Refresh[] {
  if (REFRESHES.some(([one]) => one === seconds)) return REFRESHES
  return [[seconds, `Every ${seconds} seconds`], ...REFRESHES]
}

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
        <Captioned name="Name" className="w-72">
          <Text value={name} maxLength={200} onChange={setName} />
        </Captioned>
        <Captioned name="Refresh" className="w-48">
          <Select options={refreshesWith(seconds)} value={seconds} onChange={setSeconds} />
        </Captioned>
        <Check className="h-8" checked={shared} onChange={setShared}>
          Share with other users
        </Check>
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
  return (
    <ol ref={list} aria-label="Charts of the board" className="grid grid-cols-1 gap-2">
      {charts.map((chart, index) => (
        <li
          key={chart.key}
          className="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg border border-line bg-surface px-3 py-2"
        >
          <span className="flex">
            <IconButton
              data-move
              label={`Move ${chart.title} up`}
              disabled={index === 0}
              onClick={() => move(index, -1)}
            >
              <ArrowUp size={15} aria-hidden />
            </IconButton>
            <IconButton
              data-move
              label={`Move ${chart.title} down`}
              disabled={index === charts.length - 1}
              onClick={() => move(index, 1)}
            >
              <ArrowDown size={15} aria-hidden />
            </IconButton>
          </span>
          <ChartFields
            chart={chart}
            number={index + 1}
            set={(part) => set(charts.with(index, { ...chart, ...part }))}
          />
          <IconButton
            label={`Remove ${chart.title} from the board`}
            onClick={() => set(charts.toSpliced(index, 1))}
          >
            <X size={15} aria-hidden />
          </IconButton>
        </li>
      ))}
    </ol>
  )
}

function ChartFields({
  chart: { title, width, own_range: hasOwnRange },
  number,
  set,
}: {
  chart: PinnedChart
  number: number
  set: (part: Partial<PinnedChart>) => void
}) {
  return (
    <>
      <Text
        aria-label={`Title of chart ${number}`}
        value={title}
        maxLength={200}
        onChange={(text) => set({ title: text })}
        className="min-w-40 flex-1"
      />
      <Select
        aria-label={`Width of ${title}`}
        options={WIDTHS}
        value={width}
        onChange={(next) => set({ width: next })}
        className="w-32!"
      />
      <Check className="text-muted" checked={hasOwnRange} onChange={(isOwn) => set({ own_range: isOwn })}>
        Its own range
      </Check>
    </>
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
