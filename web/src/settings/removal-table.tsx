import type { RetentionPlan } from 'timelapser-logs/api'
import { formatMoment } from '../time/format.ts'
import { formatBytes } from './byte-size.ts'

const HOW = { drop: 'dropped whole', rewrite: 'written anew without them', delete: 'thinned' } as const
const WHY = { age: 'too old', size: 'too much' } as const

/** The lines that retention would remove, partition by partition. */
export function RemovalTable({ plan, zone }: { plan: RetentionPlan; zone: string }) {
  const now = Date.now()
  return (
    <section
      aria-label="Lines to delete"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable box has to be reached by keyboard
      tabIndex={0}
      className="max-h-80 overflow-auto rounded-md border border-line"
    >
      <table className="figures w-full text-left text-small">
        <thead className="sticky top-0 bg-surface text-muted">
          <tr className="*:px-3 *:py-1.5 *:font-medium">
            <th scope="col">From</th>
            <th scope="col">To</th>
            <th scope="col">Why</th>
            <th scope="col">How</th>
            <th scope="col" className="text-right">
              Lines
            </th>
            <th scope="col" className="text-right">
              Size
            </th>
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {plan.partitions.map(({ start, end, action, reason, rows, bytes }) => (
            <tr key={`${start} ${reason}`} className="whitespace-nowrap *:px-3 *:py-1.5">
              <td>{formatMoment(start, zone, now)}</td>
              <td>{formatMoment(end, zone, now)}</td>
              <td>{WHY[reason]}</td>
              <td>{HOW[action]}</td>
              <td className="text-right">{rows.toLocaleString()}</td>
              <td className="text-right">{bytes === 0 ? '–' : formatBytes(bytes)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot className="border-t border-line font-medium">
          <tr className="*:px-3 *:py-1.5">
            <td colSpan={4}>Total</td>
            <td className="text-right">{plan.would_delete.toLocaleString()}</td>
            <td className="text-right whitespace-nowrap">{formatBytes(plan.would_free_bytes)}</td>
          </tr>
        </tfoot>
      </table>
    </section>
  )
}
