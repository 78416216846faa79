import type { CameraActivity } from 'timelapser-logs/api'
import { formatDuration } from '../time/duration.ts'

/** Whether it writes as it usually does, in words. */
export function CameraState({ camera, now }: { camera: CameraActivity; now: number }) {
  const { silent_since, usual_gap_seconds, last_log } = camera
  if (last_log === null) return <p className="text-small text-faint">Has not written yet</p>
  const usual =
    usual_gap_seconds === null
      ? 'too few lines to tell what is usual'
      : `usually a line every ${formatDuration(usual_gap_seconds * 1000)}`
  if (silent_since === null) return <p className="text-small text-faint first-letter:uppercase">{usual}</p>
  return (
    <p className="text-small">
      <span className="font-semibold text-paused">
        Silent for {formatDuration(now - Date.parse(silent_since))}
      </span>
      <span className="text-faint">, {usual}</span>
    </p>
  )
}
