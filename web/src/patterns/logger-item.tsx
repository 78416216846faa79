import type { NoisyLoggers } from 'timelapser-logs/api'
import { serverNow } from '../api/server-clock.ts'
import { Link } from '../app/link.tsx'
import { LEVEL_FILL, LEVEL_NAME, LEVELS, type Level } from '../logs/levels.ts'
import { MessageText } from '../text/message-text.tsx'
import { formatFull, formatMoment } from '../time/format.ts'
import { ShareBar } from './pattern-item.tsx'

type Logger = NoisyLoggers['loggers'][number]

/** One logger: how much of all lines is its own, and of which levels; a click lists them. */
export function LoggerItem({
  logger,
  most,
  zone,
  href,
}: {
  logger: Logger
  most: number
  zone: string
  /** Where its lines are listed; null for lines that name no logger, as no filter finds these. */
  href: string | null
}) {
  const { logger_name, sources, last_at, rate_per_minute } = logger
  const name = 'min-w-0 font-mono text-small wrap-anywhere'
  return (
    <li className="grid gap-x-4 gap-y-1.5 px-4 py-3 sm:grid-cols-[6rem_minmax(0,1fr)]">
      <ShareBar count={logger.count} of={most} fill="bg-accent" />
      <div className="grid min-w-0 gap-1">
        {href === null ? (
          <p className={name}>without a logger</p>
        ) : (
          <Link href={href} className={`${name} hover:underline`}>
            <MessageText text={logger_name ?? ''} />
          </Link>
        )}
        <p className="figures flex flex-wrap items-baseline gap-x-3 gap-y-0.5 text-small text-muted">
          <span>{(100 * logger.share).toLocaleString(undefined, { maximumFractionDigits: 1 })} %</span>
          <span>{rate_per_minute.toLocaleString()} per minute</span>
          <Levels counts={logger.by_level} />
          <span className="min-w-0 wrap-anywhere">
            <MessageText text={sources.slice(0, 4).join(', ')} />
            {sources.length > 4 && ` and ${sources.length - 4} more`}
          </span>
          <time dateTime={last_at} title={formatFull(last_at, zone)}>
            last {formatMoment(last_at, zone, serverNow())}
          </time>
        </p>
      </div>
    </li>
  )
}

/** The levels there are lines of, highest first. */
function Levels({ counts }: { counts: Logger['by_level'] }) {
  const countOf = (level: Level) => counts[level.toLowerCase() as keyof typeof counts]
  return LEVELS.filter((level) => countOf(level) > 0).map((level) => (
    <span key={level} className="flex items-baseline gap-1.5">
      <span aria-hidden className={`size-2 rounded-full ${LEVEL_FILL[level]}`} />
      {countOf(level).toLocaleString()} {LEVEL_NAME[level].toLowerCase()}
    </span>
  ))
}
