import type { Camera } from 'timelapser-logs/api'
import { useCameras } from '../api/use-settings.ts'
import { Skeleton } from '../controls/skeleton.tsx'
import { CameraItem } from './camera-item.tsx'
import { NewCamera } from './new-camera.tsx'

/** The cameras by id and name, to be renamed, and a way to add one. */
export function CameraList() {
  const cameras = useCameras()
  return (
    <section className="grid gap-4 border-t border-line pt-8">
      <h2 className="text-title font-semibold">Cameras</h2>
      {cameras.isPending && <Skeleton className="h-16 w-full" />}
      {cameras.isError && (
        <p className="text-error">The cameras could not be loaded: {cameras.error.message}</p>
      )}
      {cameras.data && <Items cameras={cameras.data.cameras} />}
      <NewCamera />
    </section>
  )
}

function Items({ cameras }: { cameras: readonly Camera[] }) {
  if (cameras.length === 0) {
    return <p className="text-muted">No camera is known yet. The first line that names one adds it.</p>
  }
  return (
    <ul className="divide-y divide-line rounded-lg border border-line bg-surface">
      {cameras.map((camera) => (
        <CameraItem key={camera.id} camera={camera} />
      ))}
    </ul>
  )
}
