import { CameraNames } from '../../../service/administration/camera-names.ts'
import type { CameraService } from '../../../service/administration/camera-service.ts'
import type { SystemOptions } from '../system-options.ts'
import type { Core } from './core.ts'

/** The names of the cameras by another database; undefined without its address. */
export function cameraNamesPart(
  { cameraNamesUrl, jobPool }: SystemOptions,
  { reports }: Core,
  { cameras }: { cameras: CameraService },
): CameraNames | undefined {
  if (cameraNamesUrl === undefined) return undefined
  const onFailure = (error: unknown) => reports.onJobFailed('camera-names', error)
  return new CameraNames({ url: cameraNamesUrl, cameras, jobPool, onFailure })
}
