import { useEffect } from 'react'
import type { CameraActivity, CamerasActivity, Session } from 'timelapser-logs/api'
import { navigate, useSearch } from '../app/location.ts'
import { Choice } from '../controls/choice.tsx'
import { Failed } from '../controls/failed.tsx'
import { Skeleton } from '../controls/skeleton.tsx'
import { useDisplayZone } from '../time/display-zone.ts'
import { CameraItem } from './camera-item.tsx'
import { NewCamera } from './new-camera.tsx'
import { StripLegend } from './strip-legend.tsx'
import { type Period, useActivity } from './use-activity.ts'

const PERIODS = [
  [24, '24 hours'],
  [168, '7 days'],
] as const satisfies readonly (readonly [Period, string])[]

/** All cameras: which of them write, how much of it is errors, and which have fallen silent. */
export function CamerasPage({ session }: { session: Session }) {
  const period: Period = new URLSearchParams(useSearch()).get('range') === '7d' ? 168 : 24
  const day = useActivity(24)
  const shown = useActivity(period)
  useEffect(() => {
    document.title = 'Cameras – Timelapser Logs'
  }, [])
  const failed = day.isError ? day : shown
  return (
    <main id="content" className="mx-auto grid max-w-6xl grid-cols-1 gap-6 px-4 py-8 sm:px-6">
      <div className="flex flex-wrap items-center gap-x-6 gap-y-3">
        <h1 className="text-figure font-semibold tracking-tight">Cameras</h1>
        {day.data && <Totals cameras={day.data.cameras} />}
        <span className="sm:ml-auto">
          <Choice
            label="Period of the strips"
            values={PERIODS}
            value={period}
            onChange={(hours) => navigate(hours === 24 ? '/cameras' : '/cameras?range=7d')}
          />
        </span>
      </div>
      {failed.isError && <Failed what="The cameras" error={failed.error} retry={() => failed.refetch()} />}
      {day.data && shown.data ? (
        <Items day={day.data} shown={shown.data} isAdmin={session.role === 'admin'} />
      ) : (
        !failed.isError && <Skeleton className="h-96 w-full" />
      )}
      {session.role === 'admin' && (
        <section className="grid max-w-md gap-2">
          <h2 className="font-semibold">Add a camera</h2>
          <NewCamera />
        </section>
      )}
    </main>
  )
}

function Totals({ cameras }: { cameras: readonly CameraActivity[] }) {
  const silent = cameras.filter(({ silent_since }) => silent_since !== null).length
  const failing = cameras.filter(({ error_count }) => error_count > 0).length
  return (
    <p className="figures text-muted">
      {cameras.length.toLocaleString()} in all, {silent === 0 ? 'none' : silent.toLocaleString()} silent,{' '}
      {failing === 0 ? 'none' : failing.toLocaleString()} with errors in 24 h
    </p>
  )
}

function Items({ day, shown, isAdmin }: { day: CamerasActivity; shown: CamerasActivity; isAdmin: boolean }) {
  const zone = useDisplayZone()
  const strips = new Map(shown.cameras.map((camera) => [camera.id, camera]))
  if (day.cameras.length === 0) {
    return (
      <p className="rounded-lg border border-line bg-surface px-4 py-8 text-center text-muted">
        {isAdmin
          ? 'No camera is known yet. The first line that names one adds it.'
          : 'There is no camera you may see. An administrator can grant you some.'}
      </p>
    )
  }
  return (
    <div className="grid grid-cols-1 gap-3">
      <StripLegend activity={shown} zone={zone} />
      <ul aria-label="Cameras" className="divide-y divide-line rounded-lg border border-line bg-surface">
        {day.cameras.map((camera) => {
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
