import type { CamerasActivity } from 'timelapser-logs/api'
import { formatDuration } from '../time/duration.ts'
import { formatMoment } from '../time/format.ts'

/** Explains a strip: its content, its start and its steps. */
export function StripLegend({ activity, zone }: { activity: CamerasActivity; zone: string }) {
  const from = formatMoment(activity.start, zone, Date.parse(activity.end))
  return (
    <p className="flex flex-wrap items-center gap-x-4 gap-y-1 text-small text-muted">
      <Sample className="bg-info-fill">lines</Sample>
      <Sample className="bg-error-fill">errors</Sample>
      <Sample className="silence">silent longer than usual</Sample>
      <Sample className="bg-sunken">no lines</Sample>
      <span className="sm:ml-auto">
        From {from} until now, {formatDuration(activity.bucket_seconds * 1000)} per cell, {zone}
      </span>
    </p>
  )
}

function Sample({ className, children }: { className: string; children: string }) {
  return (
    <span className="flex items-center gap-1.5">
      <span aria-hidden className={`size-3 rounded-sm border border-line ${className}`} />
      {children}
    </span>
  )
}
