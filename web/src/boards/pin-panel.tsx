import { type FormEvent, useState } from 'react'
import type { Board } from 'timelapser-logs/api/boards'
import { navigate } from '../app/location.ts'
import { type ChartChoice, choiceInWords } from '../chart/choice.ts'
import { Button } from '../controls/button.tsx'
import { Failed } from '../controls/failed.tsx'
import { Captioned, Check, Select, Text } from '../controls/fields.tsx'
import { FloatingPanel } from '../controls/floating-panel.tsx'
import { notify } from '../controls/notice.tsx'
import type { PopupProps } from '../controls/popup-button.tsx'
import { Skeleton } from '../controls/skeleton.tsx'
import { useBoards, useChangeBoards } from './use-boards.ts'

const NEW = 'new'
const NEW_BOARD = [NEW, 'A new board'] as const

/** Puts the chart on a board that one may change, or on a new one. */
export function PinPanel({ query, choice, ...popup }: PopupProps & { query: string; choice: ChartChoice }) {
  const boards = useBoards()
  return (
    <FloatingPanel {...popup} label="Pin to a board" className="w-[min(20rem,calc(100vw-2rem))] p-4">
      {boards.isError && <Failed what="The boards" error={boards.error} retry={() => boards.refetch()} />}
      {boards.isPending && <Skeleton className="h-4 w-40" />}
      {boards.data && (
        <PinForm
          boards={boards.data.filter(({ may_edit: mayEdit }) => mayEdit)}
          query={query}
          choice={choice}
          close={popup.close}
        />
      )}
    </FloatingPanel>
  )
}

function PinForm({
  boards,
  query,
  choice,
  close,
}: {
  boards: readonly { id: number; name: string }[]
  query: string
  choice: ChartChoice
  close: () => void
}) {
  const [title, setTitle] = useState(choiceInWords(choice))
  const [place, setPlace] = useState(String(boards[0]?.id ?? NEW))
  const [name, setName] = useState('')
  const [hasOwnRange, setOwnRange] = useState(false)
  const done = ({ id, name: board }: Board) => {
    close()
    notify(`Pinned to ${board}`, 'done', { name: 'Open', run: () => navigate(`/boards/${id}`) })
  }
  const change = useChangeBoards(done)
  const places = [...boards.map((board) => [String(board.id), board.name] as const), NEW_BOARD]
  const isNew = place === NEW
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const chart = { title: title.trim(), query, own_range: hasOwnRange }
    if (isNew)
      change.mutate({ method: 'POST', path: '/api/boards', body: { name: name.trim(), charts: [chart] } })
    else change.mutate({ method: 'POST', path: `/api/boards/${Number(place)}/charts`, body: chart })
  }
  return (
    <form onSubmit={submit} className="grid gap-3">
      <Captioned name="Title">
        <Text value={title} maxLength={200} onChange={setTitle} />
      </Captioned>
      <Captioned name="Board">
        <Select options={places} value={place} onChange={setPlace} />
      </Captioned>
      {isNew && (
        <Captioned name="Name of the board">
          <Text value={name} maxLength={200} onChange={setName} />
        </Captioned>
      )}
      <Check className="text-muted" checked={hasOwnRange} onChange={setOwnRange}>
        Keep its own range
      </Check>
      <Button
        type="submit"
        kind="accent"
        disabled={title.trim() === '' || (isNew && name.trim() === '') || change.isPending}
      >
        Pin
      </Button>
    </form>
  )
}
