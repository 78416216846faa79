import { useState } from 'react'
import type { CameraActivity, CamerasActivity } from 'timelapser-logs/api'
import { Button } from '../controls/button.tsx'
import { useDisplayZone } from '../time/display-zone.ts'
import { CameraItem } from './camera-item.tsx'
import { StripLegend } from './strip-legend.tsx'

/** A strip is dozens of links; with a thousand cameras at once the browser would freeze. */
const AT_ONCE = 100

/** Cameras, the first ones until more are wanted. */
export function CameraList({
  shown,
  listed,
  none,
  isAdmin,
}: {
  /** The period of the strips. */
  shown: CamerasActivity
  listed: readonly CameraActivity[]
  /** The text for an empty list. */
  none: string
  isAdmin: boolean
}) {
  const zone = useDisplayZone()
  const [count, setCount] = useState(AT_ONCE)
  const strips = new Map(shown.cameras.map((camera) => [camera.id, camera]))
  if (listed.length === 0) {
    return (
      <p className="rounded-lg border border-line bg-surface px-4 py-8 text-center text-muted wrap-anywhere">
        {none}
      </p>
    )
  }
  return (
    <div className="grid grid-cols-1 gap-3">
      <StripLegend activity={shown} zone={zone} />
      <ul aria-label="Cameras" className="divide-y divide-line rounded-lg border border-line bg-surface">
        {listed.slice(0, count).map((camera) => {
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
      {listed.length > count && (
        <div className="flex flex-wrap items-center gap-3">
          <Button onClick={() => setCount(count + AT_ONCE)}>
            Show {Math.min(AT_ONCE, listed.length - count)} more
          </Button>
          <span className="figures text-small text-muted">
            {count.toLocaleString()} of {listed.length.toLocaleString()} cameras are shown
          </span>
        </div>
      )}
    </div>
  )
}
