import { LayoutDashboard, Users } from 'lucide-react'
import { type FormEvent, useEffect, useState } from 'react'
import type { Boards } from 'timelapser-logs/api/boards'
import { Link } from '../app/link.tsx'
import { navigate } from '../app/location.ts'
import { Button } from '../controls/button.tsx'
import { Failed } from '../controls/failed.tsx'
import { Text } from '../controls/fields.tsx'
import { SkeletonRows } from '../controls/skeleton.tsx'
import { SCREEN } from '../controls/surfaces.ts'
import { useBoards, useChangeBoards } from './use-boards.ts'

/** The boards that one may open, and a way to make one. */
export function BoardsPage() {
  const boards = useBoards()
  useEffect(() => {
    document.title = 'Boards – Timelapser Logs'
  }, [])
  return (
    <main id="content" className={SCREEN}>
      <h1 className="text-figure font-semibold tracking-tight">Boards</h1>
      <NewBoard />
      {boards.isError && <Failed what="The boards" error={boards.error} retry={() => boards.refetch()} />}
      {boards.isPending && <SkeletonRows name="the boards" rows={3} height="h-16" />}
      {boards.data?.length === 0 && (
        <p className="text-pretty text-muted">
          No boards yet. A board shows several charts together: create one here, then pin charts to it on the
          screen{' '}
          <Link href="/chart" className="text-accent underline underline-offset-2">
            Chart
          </Link>
          .
        </p>
      )}
      {boards.data && boards.data.length > 0 && (
        <ul aria-label="Boards" className="grid grid-cols-1 gap-3 sm:grid-cols-2 lg:grid-cols-3">
          {boards.data.map((board) => (
            <Item key={board.id} board={board} />
          ))}
        </ul>
      )}
    </main>
  )
}

function Item({ board }: { board: Boards['boards'][number] }) {
  const { id, name, total_charts: charts, shared, is_own: isOwn, owner_name: owner } = board
  return (
    <li className="min-w-0">
      <Link
        href={`/boards/${id}`}
        className="grid h-full grid-cols-1 content-start gap-1 rounded-lg border border-line bg-surface px-4 py-3 hover:border-line-strong hover:bg-hover"
      >
        <span className="flex gap-2 font-medium">
          <LayoutDashboard size={15} className="mt-0.5 shrink-0 text-faint" aria-hidden />
          <span className="min-w-0 wrap-anywhere">{name}</span>
        </span>
        <span className="flex flex-wrap items-center gap-x-3 text-small text-muted">
          <span>
            {charts} {charts === 1 ? 'chart' : 'charts'}
          </span>
          {shared && (
            <span className="flex items-center gap-1">
              <Users size={12} aria-hidden /> {isOwn ? 'shared' : `shared by ${owner}`}
            </span>
          )}
        </span>
      </Link>
    </li>
  )
}

function NewBoard() {
  const [name, setName] = useState('')
  const make = useChangeBoards(({ id }) => navigate(`/boards/${id}`))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    make.mutate({ method: 'POST', path: '/api/boards', body: { name: name.trim() } })
  }
  return (
    <form aria-label="New board" onSubmit={submit} className="flex max-w-md gap-2">
      <Text
        aria-label="Name of the board"
        placeholder="Name of a new board"
        value={name}
        maxLength={200}
        onChange={setName}
      />
      <Button type="submit" kind="accent" disabled={name.trim() === '' || make.isPending}>
        Create a board
      </Button>
    </form>
  )
}
