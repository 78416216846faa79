import { auditRoutes } from '../../../http/audit.ts'
import { packingRoutes } from '../../../http/packing.ts'
import { settingsRoutes } from '../../../http/settings.ts'
import { CameraNames } from '../../../service/administration/camera-names.ts'
import { CameraService } from '../../../service/administration/camera-service.ts'
import { LevelService } from '../../../service/administration/level-service.ts'
import { PackingService } from '../../../service/administration/packing-service.ts'
import { SettingsService } from '../../../service/administration/settings-service.ts'
import type { SystemOptions } from '../system-options.ts'
import type { Core } from './core.ts'
import type { GivingPart } from './part.ts'

/** Cameras, settings and levels: administrators set them, on any server. */
export function administrationPart(core: Core) {
  const { pool, settings, levels, gate, storageGuard, logOperations, auditTrail, serverEvents } = core
  const cameras = new CameraService(pool, auditTrail, async () => {
    logOperations.reloadCameras()
    await core.addJob('cameras', {}, { jobKey: 'cameras' })
  })
  const packing = new PackingService({ pool, settings, auditTrail, storageGuard })
  const settingsService = new SettingsService(settings, auditTrail, () => packing.prepare())
  const levelService = new LevelService({
    ...{ levels, settings, settingsService, auditTrail, gate, storageGuard },
    parser: core.lineParser,
  })
  return {
    cameras,
    settingsService,
    levelService,
    role: 'query',
    routes: [settingsRoutes(settingsService), packingRoutes(packing), auditRoutes(auditTrail)],
    jobs: { cameras: async () => void (await logOperations.forgetDeletedCameras()) },
    notices: {
      log_partitions: () => logOperations.partitions.reload(),
      log_events: (payload) => serverEvents.receive(payload),
      levels: () => levels.reload(),
      settings: (names) => {
        settings.reload()
        levels.reload()
        serverEvents.announce('settings_changed', { names: names.split(',').filter(Boolean) })
      },
      cameras: (id) => {
        cameras.reload()
        logOperations.reloadCameras()
        serverEvents.announce('camera_changed', { camera_id: id === '' ? null : Number(id) })
      },
    },
  } satisfies GivingPart
}

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
