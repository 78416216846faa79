import type { Mark } from 'timelapser-logs/api'
import { serverNow } from '../api/server-clock.ts'
import { formatMoment } from '../time/format.ts'
import { useMarks } from './use-marks.ts'

/** Deploys and notes as lines across a time axis; a pointer on the head of one tells what it is. */
export function MarkLines({ from, to, zone }: { from: number; to: number; zone: string }) {
  const { marks } = useMarks(from, to)
  return marks.map((mark) => (
    <span
      key={mark.id}
      aria-hidden="true"
      className={`pointer-events-none absolute inset-y-0 border-l ${mark.kind === 'deploy' ? 'border-accent' : 'border-dashed border-muted'}`}
      style={{ left: `${((Date.parse(mark.at) - from) / (to - from)) * 100}%` }}
    >
      <span
        title={markInWords(mark, zone)}
        className={`pointer-events-auto absolute top-0 -left-1 size-2 ${mark.kind === 'deploy' ? 'rotate-45 bg-accent' : 'rounded-full bg-muted'}`}
      />
    </span>
  ))
}

/** `Deploy, 14:03: deployed 1.4`. */
export function markInWords({ kind, at, text }: Mark, zone: string): string {
  return `${kind === 'deploy' ? 'Deploy' : 'Note'}, ${formatMoment(at, zone, serverNow())}: ${text}`
}
