import type { MessageGroup } from 'timelapser-logs/api'
import { alertAddress } from '../alerts/alert-address.ts'
import { serverNow } from '../api/server-clock.ts'
import { Link } from '../app/link.tsx'
import { LevelLabel } from '../logs/level-label.tsx'
import { LEVEL_FILL } from '../logs/levels.ts'
import { formatView, type LogView } from '../logs/view.ts'
import { MessageText } from '../text/message-text.tsx'
import { formatFull, formatSpan } from '../time/format.ts'

/** One shape of message: how often it came, from where and when; a click lists its lines. */
export function PatternItem({
  group,
  most,
  zone,
  lines,
  nameOf,
}: {
  group: MessageGroup
  /** How many the largest group has. */
  most: number
  zone: string
  /** The view that lists its lines. */
  lines: LogView
  /** The display name of a source. */
  nameOf: (source: string) => string
}) {
  const origins = [
    ...group.sources.map(nameOf),
    ...group.logger_names.filter((name) => !group.sources.includes(name)),
  ]
  return (
    <li className="grid gap-x-4 gap-y-1.5 px-4 py-3 sm:grid-cols-[6rem_minmax(0,1fr)]">
      <ShareBar count={group.count} of={most} fill={LEVEL_FILL[group.level]} />
      <div className="grid min-w-0 gap-1">
        <Link
          href={`/logs${formatView({ ...lines, log: null })}`}
          title={group.last_message.slice(0, 1000)}
          className="group min-w-0"
        >
          <span className="line-clamp-3 font-mono text-small wrap-anywhere group-hover:underline">
            <Shape text={group.shape} />
          </span>
        </Link>
        <p className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 text-small text-muted">
          <LevelLabel level={group.level} />
          <span className="min-w-0 wrap-anywhere">
            <MessageText text={origins.slice(0, 4).join(', ')} />
            {origins.length > 4 && ` and ${origins.length - 4} more`}
          </span>
          <Span from={group.first_at} to={group.last_at} zone={zone} />
          <Link
            href={`/logs${formatView({ ...lines, log: group.last_id })}`}
            className="font-medium text-accent underline-offset-2 hover:underline"
          >
            Newest
          </Link>
          <Link
            href={alertAddress(lines)}
            aria-label={`Alert on ${group.shape}`}
            className="font-medium text-accent underline-offset-2 hover:underline"
          >
            Alert
          </Link>
        </p>
      </div>
    </li>
  )
}

/** Folded parts are dimmed, so that the rest is read. */
function Shape({ text }: { text: string }) {
  // Split by a group, every second part is what matched.
  return text.split(/(<[a-z]{1,8}>)/).map((part, index) =>
    index % 2 === 1 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text have no identity but their place
      <span key={index} className="rounded-sm bg-sunken text-faint">
        {part}
      </span>
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: the same
      <MessageText key={index} text={part} />
    ),
  )
}

function Span({ from, to, zone }: { from: string; to: string; zone: string }) {
  const [first, last] = formatSpan(from, to, zone, serverNow())
  return (
    <span className="figures">
      {from !== to && (
        <>
          <time dateTime={from} title={formatFull(from, zone)}>
            {first}
          </time>
          {' – '}
        </>
      )}
      <time dateTime={to} title={formatFull(to, zone)}>
        {from === to ? first : last}
      </time>
    </span>
  )
}

/** A count, and below it how much it is of another. */
export function ShareBar({ count, of, fill }: { count: number; of: number; fill: string }) {
  const percent = Math.max(2, (100 * count) / Math.max(1, of))
  return (
    <div className="grid content-start gap-1.5 max-sm:flex max-sm:items-center max-sm:gap-3">
      <span className="figures font-semibold">{count.toLocaleString()}</span>
      <span aria-hidden className="block h-1 flex-1 overflow-hidden rounded-full bg-sunken">
        <span className={`block h-full rounded-full ${fill}`} style={{ width: `${percent}%` }} />
      </span>
    </div>
  )
}
