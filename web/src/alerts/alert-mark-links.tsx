import type { AlertTransition } from 'timelapser-logs/api'
import { serverNow } from '../api/server-clock.ts'
import { Link } from '../app/link.tsx'
import { formatMoment } from '../time/format.ts'
import { type AlertMark, alertMarks } from './alert-marks.ts'
import { useAlertsWithin } from './use-alerts.ts'

/** From one mark to the next, at least: what a finger can tell apart. */
const SLOT_PX = 24
/** Alerts of a mark that are named. */
const MOST_NAMED = 5

/** Alerts that fired and ended, as marks at the foot of a time axis; each leads to its rule. */
export function AlertMarkLinks({
  from,
  to,
  width,
  zone,
}: {
  from: number
  to: number
  width: number
  zone: string
}) {
  const transitions = useAlertsWithin(from, to)
  const marks = alertMarks(transitions, { from, to, slots: Math.max(1, Math.floor(width / SLOT_PX)) })
  return marks.map((mark) => {
    const words = inWords(mark, zone)
    return (
      <span
        key={mark.at}
        className="pointer-events-none absolute inset-y-0"
        style={{ left: `${(100 * (mark.at - from)) / (to - from)}%` }}
      >
        {mark.isFiring && <span aria-hidden className="absolute inset-y-0 border-l border-error/60" />}
        <Link
          href={addressOf(mark)}
          aria-label={words}
          title={words}
          className="pointer-events-auto absolute bottom-0 grid size-4 -translate-x-1/2 place-items-center"
        >
          <span
            aria-hidden
            className={
              mark.isFiring
                ? 'h-2.5 w-3 bg-error [clip-path:polygon(50%_0,100%_100%,0_100%)]'
                : 'size-2.5 rounded-full border-2 border-live bg-canvas'
            }
          />
        </Link>
      </span>
    )
  })
}

function addressOf({ transitions }: AlertMark): string {
  const [rule, ...others] = new Set(transitions.map(({ rule_id }) => rule_id))
  return others.length > 0 ? '/alerts' : `/alerts?rule=${rule}`
}

function inWords({ transitions }: AlertMark, zone: string): string {
  const named = transitions.slice(0, MOST_NAMED).map((transition) => oneInWords(transition, zone))
  const more = transitions.length - named.length
  return more > 0 ? `${named.join('\n')}\nand ${more.toLocaleString()} more` : named.join('\n')
}

/** `Alert Camera offline, Garden: fires, 14:03`. */
function oneInWords({ rule_name, label, kind, at }: AlertTransition, zone: string): string {
  const state = kind === 'firing' ? 'fires' : 'is over'
  return `Alert ${rule_name}${label === '' ? '' : `, ${label}`}: ${state}, ${formatMoment(at, zone, serverNow())}`
}
