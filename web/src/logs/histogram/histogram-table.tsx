import type { Histogram } from 'timelapser-logs/api'
import { serverNow } from '../../api/server-clock.ts'
import { formatDuration } from '../../time/duration.ts'
import { formatFull, formatMoment } from '../../time/format.ts'

/** The bars as a table, for those who do not see them; empty steps are left out of it. */
export function HistogramTable({ histogram, zone }: { histogram: Histogram; zone: string }) {
  const filled = histogram.buckets.filter(
    (bucket) => bucket.critical + bucket.error + bucket.warning + bucket.info + bucket.debug > 0,
  )
  const now = serverNow()
  return (
    <table>
      <caption>
        {histogram.total.toLocaleString()} lines in steps of {formatDuration(histogram.bucket_seconds * 1000)}
        ; empty steps are left out
      </caption>
      <thead>
        <tr>
          {[`From (${zone})`, 'Critical', 'Error', 'Warning', 'Info', 'Debug'].map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {filled.map((bucket) => (
          <tr key={bucket.start}>
            <th scope="row">
              <time dateTime={bucket.start} title={formatFull(bucket.start, zone)}>
                {formatMoment(bucket.start, zone, now)}
              </time>
            </th>
            <td>{bucket.critical}</td>
            <td>{bucket.error}</td>
            <td>{bucket.warning}</td>
            <td>{bucket.info}</td>
            <td>{bucket.debug}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
