import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { Camera } from 'timelapser-logs/api'
import { ApiError, authorizeBy, request } from '../api/client.ts'
import { serverNow } from '../api/server-clock.ts'
import { useLogPage } from '../api/use-logs.ts'
import { Button } from '../controls/button.tsx'
import { Failed } from '../controls/failed.tsx'
import { Select, Text } from '../controls/fields.tsx'
import { LEVEL_NAME, LEVELS, type Level } from '../logs/levels.ts'
import { mergeRows, useLiveLines } from '../logs/live/use-live-list.ts'
import { localZone } from '../time/zone.ts'
import { EmbedLine } from './embed-line.tsx'

// Before the first request, and anew for another link in the same frame.
authorizeBy(window.location.hash.slice(1))
window.addEventListener('hashchange', () => window.location.reload())

const ROWS = 100
/** More than a frame is scrolled through, and the longest page of the API. */
const MOST_ROWS = 1000
const TYPING_MS = 250

/** The newest lines of one camera, live, in a frame of another site; the token in the fragment says which camera. */
export function EmbedPage() {
  const [search, setSearch] = useState('')
  const [level, setLevel] = useState<Level | ''>('')
  const [limit, setLimit] = useState(ROWS)
  const filters = new URLSearchParams({ ...(search && { search }), ...(level && { min_level: level }) })
  const { page, rows } = useNewestLines(filters, limit)
  if (page.error instanceof ApiError && page.error.status === 401) return <Expired />
  return (
    <main id="content" className="grid grid-cols-1 gap-3 p-3">
      <div className="flex flex-wrap items-center gap-2">
        <CameraName />
        <SearchField onSettled={setSearch} />
        <Select
          aria-label="Level"
          options={[
            ['', 'All levels'],
            ...LEVELS.map((one) => [one, `${LEVEL_NAME[one]} and above`] as const),
          ]}
          value={level}
          onChange={setLevel}
          className="max-w-44"
        />
      </div>
      {page.isError && <Failed what="The lines" error={page.error as Error} retry={() => page.refetch()} />}
      {page.data && rows.length === 0 && !page.isError && <p className="text-muted">No lines found.</p>}
      <ul className={`border-t border-line ${page.isPlaceholderData ? 'opacity-60' : ''}`}>
        {rows.map((row) => (
          <EmbedLine key={row.id} row={row} zone={localZone} now={serverNow()} />
        ))}
      </ul>
      {page.data && page.data.logs.length === limit && limit < MOST_ROWS && (
        <div>
          <Button onClick={() => setLimit(Math.min(limit * 2, MOST_ROWS))} disabled={page.isFetching}>
            Older lines
          </Button>
        </div>
      )}
    </main>
  )
}

/** The newest lines, and those that arrive. */
function useNewestLines(filters: URLSearchParams, limit: number) {
  const page = useLogPage(`${filters}&limit=${limit}`, 0)
  const live = useLiveLines({
    url: `/api/logs/stream?${filters}`,
    ...{ base: page.data, fetching: page.isFetching, enabled: page.data !== undefined, paused: false },
    onReset: page.refetch,
  })
  // Lines written between the page's answer and the stream's opening are in neither.
  const isOpen = live.state === 'open'
  const { refetch } = page
  useEffect(() => {
    if (isOpen) refetch()
  }, [isOpen, refetch])
  return { page, rows: mergeRows(live.shown, page.data?.logs ?? []).slice(0, limit) }
}

function CameraName() {
  const cameras = useQuery({
    queryKey: ['cameras'],
    queryFn: ({ signal }) => request<{ cameras: Camera[] }>('/api/cameras', { signal }),
  })
  const name = cameras.data?.cameras[0]?.name
  useEffect(() => {
    if (name !== undefined) document.title = name
  }, [name])
  return <h1 className="mr-auto font-semibold">{name ?? 'Logs'}</h1>
}

/** A field that reports its text once typing rests. */
function SearchField({ onSettled }: { onSettled: (text: string) => void }) {
  const [text, setText] = useState('')
  useEffect(() => {
    const timer = setTimeout(() => onSettled(text.trim()), TYPING_MS)
    return () => clearTimeout(timer)
  }, [text, onSettled])
  return (
    <Text
      type="search"
      aria-label="Search"
      placeholder="Search"
      value={text}
      onChange={setText}
      className="max-w-56 flex-1"
    />
  )
}

function Expired() {
  return (
    <main id="content" className="grid gap-1 p-4">
      <h1 className="font-semibold">This link has expired</h1>
      <p className="text-muted">Open the page that contains it again, or ask for another link.</p>
    </main>
  )
}
