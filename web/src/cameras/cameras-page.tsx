import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { CameraActivity, CamerasActivity, Session } from 'timelapser-logs/api'
import { request } from '../api/client.ts'
import { navigate, useSearch } from '../app/location.ts'
import { Choice } from '../controls/choice.tsx'
import { Failed } from '../controls/failed.tsx'
import { Text } from '../controls/fields.tsx'
import { SkeletonRows } from '../controls/skeleton.tsx'
import { SCREEN } from '../controls/surfaces.ts'
import { CameraList } from './camera-list.tsx'
import { NewCamera } from './new-camera.tsx'

type Period = 24 | 168

/** The recent activity of each camera; read anew twice a minute, as no event announces a silence. */
function useActivity(hours: Period) {
  return useQuery({
    queryKey: ['cameras', 'activity', hours],
    queryFn: ({ signal }) => request<CamerasActivity>(`/api/cameras/activity?hours=${hours}`, { signal }),
    staleTime: 10_000,
    refetchInterval: 30_000,
  })
}

const PERIODS = [
  [24, '24 hours'],
  [168, '7 days'],
] as const satisfies readonly (readonly [Period, string])[]

const SHOWS = ['all', 'silent', 'errors'] as const
type Show = (typeof SHOWS)[number]

const IS_SHOWN: Readonly<Record<Show, (camera: CameraActivity) => boolean>> = {
  all: () => true,
  silent: ({ silent_since }) => silent_since !== null,
  errors: ({ error_count }) => error_count > 0,
}

/** Fewer are found by eye. */
const WORTH_FINDING = 8

/** By a part of the name, or by the id. */
function isFound({ id, name }: CameraActivity, find: string): boolean {
  const text = find.trim().toLowerCase()
  return name.toLowerCase().includes(text) || String(id) === text
}

function noneAtAll(isAdmin: boolean): string {
  return isAdmin
    ? 'No cameras yet. The first line of a camera adds it.'
    : 'You have no access to cameras. An administrator can grant it.'
}

function noneOf(show: Show, find: string): string {
  const which = { all: '', silent: ' is silent', errors: ' has errors in the last 24 hours' }[show]
  if (find.trim() === '') return `No camera${which}.`
  return `No camera named “${find.trim()}”${which === '' ? ' exists' : which}.`
}

/** The period and the cameras that the address asks for, and the way to another choice. */
function useChoice() {
  const query = new URLSearchParams(useSearch())
  const period: Period = query.get('range') === '7d' ? 168 : 24
  const show = SHOWS.find((one) => one === query.get('show')) ?? 'all'
  const go = (change: { period?: Period; show?: Show }) => {
    const next = { period, show, ...change }
    const to = new URLSearchParams({
      ...(next.period === 168 && { range: '7d' }),
      ...(next.show !== 'all' && { show: next.show }),
    })
    navigate(to.size === 0 ? '/cameras' : `/cameras?${to}`)
  }
  return { period, show, go }
}

/** All cameras: which of them write, how much of it is errors, and which have fallen silent. */
export function CamerasPage({ session }: { session: Session }) {
  const { period, show, go } = useChoice()
  const [find, setFind] = useState('')
  const day = useActivity(24)
  const shown = useActivity(period)
  useEffect(() => {
    document.title = 'Cameras – Timelapser Logs'
  }, [])
  const isAdmin = session.role === 'admin'
  const failed = day.isError ? day : shown
  const cameras = day.data?.cameras ?? []
  return (
    <main id="content" className={SCREEN}>
      <div className="flex flex-wrap items-center gap-x-6 gap-y-3">
        <h1 className="text-figure font-semibold tracking-tight">Cameras</h1>
        {day.data && <ShowChoice cameras={cameras} value={show} onChange={(to) => go({ show: to })} />}
        {cameras.length > WORTH_FINDING && (
          <Text
            aria-label="Find a camera"
            placeholder="Find a camera"
            value={find}
            onChange={setFind}
            className="sm:max-w-56"
          />
        )}
        <span className="sm:ml-auto">
          <Choice
            label="Period of the strips"
            values={PERIODS}
            value={period}
            onChange={(hours) => go({ period: hours })}
          />
        </span>
      </div>
      {failed.isError && <Failed what="The cameras" error={failed.error} retry={() => failed.refetch()} />}
      {day.data && shown.data ? (
        <CameraList
          // Another choice begins at its first cameras again.
          key={`${show} ${find}`}
          shown={shown.data}
          listed={cameras.filter((camera) => IS_SHOWN[show](camera) && isFound(camera, find))}
          none={cameras.length > 0 ? noneOf(show, find) : noneAtAll(isAdmin)}
          isAdmin={isAdmin}
        />
      ) : (
        !failed.isError && <Loading />
      )}
      {day.data && day.data.total_cameras > cameras.length && (
        <p className="text-muted">
          The first {cameras.length.toLocaleString()} by name, of {day.data.total_cameras.toLocaleString()}.
        </p>
      )}
      {isAdmin && day.data && <NewCamera />}
    </main>
  )
}

/** The line of the legend, and rows as high as a camera's. */
function Loading() {
  return (
    <div className="grid grid-cols-1 gap-3 pt-[1.875rem]">
      <SkeletonRows name="cameras" rows={6} height="h-24" />
    </div>
  )
}

/** How many there are of each kind, and the way to see these alone. */
function ShowChoice({
  cameras,
  value,
  onChange,
}: {
  cameras: readonly CameraActivity[]
  value: Show
  onChange: (show: Show) => void
}) {
  const count = (show: Show) => cameras.filter(IS_SHOWN[show]).length.toLocaleString()
  const values = [
    ['all', `All ${count('all')}`],
    ['silent', `${count('silent')} silent`],
    ['errors', `${count('errors')} with errors`],
  ] as const satisfies readonly (readonly [Show, string])[]
  return <Choice label="Cameras to show" values={values} value={value} onChange={onChange} />
}
