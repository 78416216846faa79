import { Bell, Pencil, Trash2 } from 'lucide-react'
import { memo, Suspense, useState } from 'react'
import type { CameraActivity, CamerasActivity } from 'timelapser-logs/api'
import { alertAddress } from '../alerts/alert-address.ts'
import { lazyPart } from '../app/lazy-part.ts'
import { Link } from '../app/link.tsx'
import { buttonClass, IconButton } from '../controls/button.tsx'
import { OriginIcon } from '../logs/origin.tsx'
import { DEFAULT_VIEW, formatView, NO_FILTERS } from '../logs/view.ts'
import { formatDuration } from '../time/duration.ts'
import { ActivityStrip } from './activity-strip.tsx'
import { LastLine } from './last-line.tsx'
import { RenameCamera } from './rename-camera.tsx'

/** Whether it writes as it usually does, in words. */
function CameraState({ camera, now }: { camera: CameraActivity; now: number }) {
  const { silent_since, usual_gap_seconds, last_log } = camera
  if (last_log === null) return <p className="text-small text-faint">No lines yet</p>
  const usual =
    usual_gap_seconds === null
      ? 'too few lines for a usual interval'
      : `usual interval ${formatDuration(usual_gap_seconds * 1000)}`
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

const DeleteCamera = lazyPart(() =>
  import('./delete-camera.tsx').then((module) => ({ default: module.DeleteCamera })),
)

type Doing = 'nothing' | 'renaming' | 'deleting'

/** A camera: its name, its last line, its recent activity, and its silences. */
export const CameraItem = memo(function CameraItem({
  day,
  shown,
  activity,
  zone,
  isAdmin,
}: {
  /** Its last 24 hours, independent of the strip's period. */
  day: CameraActivity
  shown: CameraActivity
  activity: CamerasActivity
  zone: string
  isAdmin: boolean
}) {
  const [doing, setDoing] = useState<Doing>('nothing')
  const done = () => setDoing('nothing')
  const period = activity.hours === 24 ? 'last 24 hours' : 'last 7 days'
  return (
    <li className="grid gap-x-6 gap-y-2.5 px-4 py-4 lg:grid-cols-[18rem_minmax(0,1fr)] lg:items-start">
      <div className="flex min-w-0 items-start gap-2">
        <div className="grid min-w-0 flex-1 gap-1">
          {doing === 'renaming' ? <RenameCamera camera={day} done={done} /> : <Heading camera={day} />}
          <CameraState camera={day} now={Date.parse(activity.end)} />
          <Counts camera={day} />
        </div>
        {doing !== 'renaming' && <Actions camera={day} isAdmin={isAdmin} begin={setDoing} />}
      </div>
      <div className="grid min-w-0 gap-1.5">
        <ActivityStrip camera={shown} activity={activity} zone={zone} period={period} />
        <LastLine line={day.last_log} zone={zone} now={Date.parse(activity.end)} />
      </div>
      {doing === 'deleting' && (
        <Suspense fallback={null}>
          <DeleteCamera camera={day} close={done} />
        </Suspense>
      )}
    </li>
  )
})

function Heading({ camera: { id, name } }: { camera: CameraActivity }) {
  return (
    <h2 className="flex min-w-0 items-baseline gap-2">
      <OriginIcon name="Camera" />
      <Link
        href={`/logs${formatView({ ...DEFAULT_VIEW, camera_id: [id] })}`}
        title={name}
        className="line-clamp-2 min-w-0 text-title font-semibold wrap-anywhere hover:underline"
      >
        {name}
      </Link>
      <span className="figures shrink-0 text-small text-faint">id {id}</span>
    </h2>
  )
}

function Actions({
  camera: { id, name },
  isAdmin,
  begin,
}: {
  camera: CameraActivity
  isAdmin: boolean
  begin: (doing: Doing) => void
}) {
  return (
    <span className="-mt-1 flex">
      <Link
        href={alertAddress({ ...NO_FILTERS, camera_id: [id] })}
        aria-label={`Alert on ${name}`}
        title="Alert on this camera"
        className={buttonClass('quiet', 'icon')}
      >
        <Bell size={14} aria-hidden />
      </Link>
      {isAdmin && (
        <>
          <IconButton label={`Rename ${name}`} onClick={() => begin('renaming')}>
            <Pencil size={14} aria-hidden />
          </IconButton>
          <IconButton label={`Delete ${name}`} onClick={() => begin('deleting')}>
            <Trash2 size={14} aria-hidden />
          </IconButton>
        </>
      )}
    </span>
  )
}

function Counts({ camera: { id, log_count, error_count } }: { camera: CameraActivity }) {
  const errors = formatView({ ...DEFAULT_VIEW, camera_id: [id], min_level: 'ERROR' })
  return (
    <p className="figures text-small text-muted">
      {log_count.toLocaleString()} {log_count === 1 ? 'line' : 'lines'},{' '}
      {error_count === 0 ? (
        'no errors'
      ) : (
        <Link href={`/logs${errors}`} className="font-medium text-error underline underline-offset-2">
          {error_count.toLocaleString()} {error_count === 1 ? 'error' : 'errors'}
        </Link>
      )}{' '}
      in 24 h
    </p>
  )
}
