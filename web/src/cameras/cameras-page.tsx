import { useEffect } from 'react'
import type { CameraActivity, CamerasActivity, Session } from 'timelapser-logs/api'
import { navigate, useSearch } from '../app/location.ts'
import { Choice } from '../controls/choice.tsx'
import { Failed } from '../controls/failed.tsx'
import { SkeletonRows } from '../controls/skeleton-rows.tsx'
import { SCREEN } from '../controls/surfaces.ts'
import { useDisplayZone } from '../time/display-zone.ts'
import { CameraItem } from './camera-item.tsx'
import { NewCamera } from './new-camera.tsx'
import { StripLegend } from './strip-legend.tsx'
import { type Period, useActivity } from './use-activity.ts'

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

/** All cameras: which of them write, how much of it is errors, and which have fallen silent. */
export function CamerasPage({ session }: { session: Session }) {
  const query = new URLSearchParams(useSearch())
  const period: Period = query.get('range') === '7d' ? 168 : 24
  const show = SHOWS.find((one) => one === query.get('show')) ?? 'all'
  const day = useActivity(24)
  const shown = useActivity(period)
  useEffect(() => {
    document.title = 'Cameras – Timelapser Logs'
  }, [])
  const failed = day.isError ? day : shown
  const go = (change: { range?: '24h' | '7d'; show?: Show }) => {
    const { range = period === 168 ? '7d' : '24h', show: of = show } = change
    const to = new URLSearchParams({
      ...(range === '7d' && { range }),
      ...(of !== 'all' && { show: of }),
    })
    navigate(to.size === 0 ? '/cameras' : `/cameras?${to}`)
  }
  return (
    <main id="content" className={SCREEN}>
      <div className="flex flex-wrap items-center gap-x-6 gap-y-3">
        <h1 className="text-figure font-semibold tracking-tight">Cameras</h1>
        {day.data && (
          <ShowChoice cameras={day.data.cameras} value={show} onChange={(to) => go({ show: to })} />
        )}
        <span className="sm:ml-auto">
          <Choice
            label="Period of the strips"
            values={PERIODS}
            value={period}
            onChange={(hours) => go({ range: hours === 24 ? '24h' : '7d' })}
          />
        </span>
      </div>
      {failed.isError && <Failed what="The cameras" error={failed.error} retry={() => failed.refetch()} />}
      {day.data && shown.data ? (
        <Items day={day.data} shown={shown.data} show={show} isAdmin={session.role === 'admin'} />
      ) : (
        !failed.isError && <Loading />
      )}
      {session.role === 'admin' && day.data && (
        <section className="grid max-w-md gap-2">
          <h2 className="font-semibold">Add a camera</h2>
          <NewCamera />
        </section>
      )}
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

function Items({
  day,
  shown,
  show,
  isAdmin,
}: {
  day: CamerasActivity
  shown: CamerasActivity
  show: Show
  isAdmin: boolean
}) {
  const zone = useDisplayZone()
  const strips = new Map(shown.cameras.map((camera) => [camera.id, camera]))
  const listed = day.cameras.filter(IS_SHOWN[show])
  if (listed.length === 0) {
    return (
      <p className="rounded-lg border border-line bg-surface px-4 py-8 text-center text-muted">
        {day.cameras.length > 0
          ? `No camera is ${show === 'silent' ? 'silent' : 'with errors in the last 24 hours'}.`
          : isAdmin
            ? 'No camera is known yet. The first line that names one adds it.'
            : 'There is no camera you may see. An administrator can grant you some.'}
      </p>
    )
  }
  return (
    <div className="grid grid-cols-1 gap-3">
      <StripLegend activity={shown} zone={zone} />
      <ul aria-label="Cameras" className="divide-y divide-line rounded-lg border border-line bg-surface">
        {listed.map((camera) => {
          const strip = strips.get(camera.id)
          if (strip === undefined) return null
          return (
            <CameraItem
              key={camera.id}
              day={camera}
              shown={strip}
              activity={shown}
              zone={zone}
              isAdmin={isAdmin}
            />
          )
        })}
      </ul>
    </div>
  )
}
