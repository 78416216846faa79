import type { CameraActivity, CamerasActivity } from 'timelapser-logs/api'
import { DEFAULT_VIEW, formatView } from '../logs/view.ts'
import { formatMoment } from '../time/format.ts'
import { justBefore } from '../time/range.ts'

/** One cell of a strip. */
export type Step = {
  from: number
  to: number
  logs: number
  errors: number
  isSilent: boolean
  /** Its height in [0, 1]: the root of its share of the busiest step, so that a flood does not flatten the rest. */
  height: number
}

export function stepsOf(camera: CameraActivity, { start, bucket_seconds }: CamerasActivity): Step[] {
  const origin = Date.parse(start)
  const most = Math.max(...camera.logs, 1)
  return camera.logs.map((logs, index) => ({
    from: origin + index * bucket_seconds * 1000,
    to: origin + (index + 1) * bucket_seconds * 1000,
    logs,
    errors: camera.errors[index] ?? 0,
    isSilent: camera.is_silent[index] ?? false,
    height: Math.sqrt(logs / most),
  }))
}

/** The lines of a step, in the explorer. */
export function logsPath(camera_id: number, { from, to }: Pick<Step, 'from' | 'to'>): string {
  const range = { kind: 'between', from: new Date(from).toISOString(), to: justBefore(to) } as const
  return `/logs${formatView({ ...DEFAULT_VIEW, camera_id: [camera_id], range })}`
}

/** `21 Nov, 14:00 – 14:30: 52 lines, 4 errors`. */
export function stepInWords(step: Step, zone: string, now: number): string {
  const from = formatMoment(new Date(step.from).toISOString(), zone, now)
  const to = formatMoment(new Date(step.to).toISOString(), zone, now)
  return `${from} – ${to.split(', ').at(-1)}: ${countsInWords(step)}`
}

function countsInWords({ logs, errors, isSilent }: Step): string {
  if (logs === 0) return isSilent ? 'silent longer than usual' : 'no lines'
  const lines = `${logs.toLocaleString()} ${logs === 1 ? 'line' : 'lines'}`
  if (errors === 0) return lines
  return `${lines}, ${errors.toLocaleString()} ${errors === 1 ? 'error' : 'errors'}`
}
