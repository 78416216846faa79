import type { HistogramBucket } from 'timelapser-logs/api'
import { serverNow } from '../../api/server-clock.ts'
import { formatSpan } from '../../time/format.ts'
import { LEVEL_FILL, LEVEL_NAME, LEVELS } from '../levels.ts'
import { bucketTotal } from './histogram-data.ts'

export type Tip = { bucket: HistogramBucket; left: number }

const KEY = {
  CRITICAL: 'critical',
  ERROR: 'error',
  WARNING: 'warning',
  INFO: 'info',
  DEBUG: 'debug',
} as const

/** A bar that is shorter is of the day it began on, also where it ends at midnight. */
const DAY_SECONDS = 86_400

export function HistogramTip({ tip, zone, seconds }: { tip: Tip; zone: string; seconds: number }) {
  const { bucket, left } = tip
  const now = serverNow()
  const end = Date.parse(bucket.start) + seconds * 1000
  const [from, to] = formatSpan(bucket.start, new Date(end).toISOString(), zone, now)
  const levels = LEVELS.filter((level) => bucket[KEY[level]] > 0)
  return (
    <div
      className="pointer-events-none absolute top-full z-30 -mt-5 w-44 rounded-md border border-line bg-surface px-3 py-2 text-small shadow-float"
      style={{ left: `clamp(0px, ${left}px - 5.5rem, 100% - 11rem)` }}
    >
      <p className="mb-1 text-muted">
        {from} – {seconds < DAY_SECONDS ? to.split(', ').at(-1) : to}
        {end > now && ' (so far)'}
      </p>
      {levels.length === 0 && <p>No lines</p>}
      {levels.map((level) => (
        <p key={level} className="flex items-center gap-2">
          <span className={`size-2 rounded-sm ${LEVEL_FILL[level]}`} />
          {LEVEL_NAME[level]}
          <span className="figures ml-auto">{bucket[KEY[level]].toLocaleString()}</span>
        </p>
      ))}
      {levels.length > 1 && (
        <p className="mt-1 flex border-t border-line pt-1 font-medium">
          Total <span className="figures ml-auto">{bucketTotal(bucket).toLocaleString()}</span>
        </p>
      )}
    </div>
  )
}
