import { type CameraBucket, countByCameras } from '../../store/counts/camera-counts.ts'
import {
  DAY,
  endOfMinute,
  floorTo,
  fromMillis,
  HOUR,
  MINUTE,
  now,
  toMillis,
} from '../../store/database/timestamp.ts'
import type { Visibility } from '../../store/filter/log-filter.ts'
import type { LogOperations } from '../../store/log-operations.ts'
import { type LastLine, newestByCamera } from '../../store/reading/newest-by-camera.ts'
import type { CameraService } from '../administration/camera-service.ts'
import { toFilter } from '../logs/log-query.ts'
import { silenceAfter, silentSteps, usualGap } from './camera-cadence.ts'

/** The periods of a strip, in hours, and its steps: about fifty, which a phone can still show. */
export const STRIP_STEPS = { 24: 30 * MINUTE, 168: 3 * HOUR } as const
export type StripHours = keyof typeof STRIP_STEPS

type CameraActivity = {
  id: number
  name: string
  log_count: number
  error_count: number
  last_log: LastLine | null
  usual_gap_seconds: number | null
  silent_since: string | null
  logs: number[]
  errors: number[]
  is_silent: boolean[]
}

export type CamerasActivity = {
  cameras: CameraActivity[]
  hours: number
  start: string
  end: string
  bucket_seconds: number
  total_cameras: number
}

/** The lines that each camera wrote lately, and when it wrote fewer than usual. */
export class CameraActivityService {
  readonly #logs: LogOperations
  readonly #cameras: CameraService

  constructor(logs: LogOperations, cameras: CameraService) {
    this.#logs = logs
    this.#cameras = cameras
  }

  /**
   * Each camera's last line and its lines and errors in steps over the last 24 or 168 hours; the usual cadence comes
   * from the last seven days. Two statements on the kept counts and one a day that was some camera's last.
   *
   * @param endDate the end of the period, now unless given
   * @param part which of the cameras, by name
   */
  async list(
    hours: StripHours,
    endDate: string | undefined,
    visibility: Visibility,
    part: { offset: number; limit: number },
  ): Promise<CamerasActivity> {
    const { end: asked } = toFilter({ ...(endDate !== undefined && { end_date: endDate }) }, visibility)
    const end = asked ?? now()
    const step = STRIP_STEPS[hours]
    const origin = floorTo(end, step) + step - hours * HOUR
    const weekOrigin = floorTo(end, HOUR) + HOUR - 7 * DAY
    const all = await this.#cameras.list(visibility)
    const cameras = all.slice(part.offset, part.offset + part.limit)
    const ids = cameras.map(({ id }) => id)
    const count = async (from: number, stepMs: number) => {
      const filter = { visibility, start: fromMillis(from), end: endOfMinute(end) }
      const buckets = await this.#logs.read(countByCameras, filter, undefined, ids, from, stepMs)
      return Map.groupBy(buckets, ({ camera_id }) => camera_id)
    }
    const [strips, weeks, last] = await Promise.all([
      count(origin, step),
      count(weekOrigin, HOUR),
      this.#logs.read(newestByCamera, { visibility, ...(asked && { end: asked }) }, undefined, ids),
    ])
    const steps = (hours * HOUR) / step
    const list = cameras.map(({ id, name }) => {
      const strip = strips.get(id) ?? []
      const logs = fill(strip, origin, step, steps, 'logs')
      const errors = fill(strip, origin, step, steps, 'errors')
      const gap = usualGap(fill(weeks.get(id) ?? [], weekOrigin, HOUR, 7 * 24, 'logs'))
      const last_log = last.get(id) ?? null
      const isSilent =
        gap !== null && last_log && toMillis(end) - toMillis(last_log.timestamp) >= silenceAfter(gap)
      return {
        ...{ id, name, log_count: sum(logs), error_count: sum(errors), last_log },
        usual_gap_seconds: gap === null ? null : gap / 1000,
        silent_since: isSilent ? last_log.timestamp : null,
        ...{ logs, errors },
        is_silent: silentSteps(logs, step, toMillis(end) - floorTo(end, step), gap),
      }
    })
    const range = { hours, start: fromMillis(origin), end, bucket_seconds: step / 1000 }
    return { cameras: list, ...range, total_cameras: all.length }
  }
}

/** The counts of all steps, zeros filled. */
function fill(
  buckets: readonly CameraBucket[],
  origin: number,
  step: number,
  steps: number,
  of: 'logs' | 'errors',
): number[] {
  const counts = new Array<number>(steps).fill(0)
  for (const bucket of buckets) counts[(toMillis(bucket.bucket) - origin) / step] = bucket[of]
  return counts
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}
