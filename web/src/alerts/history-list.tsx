import { useState } from 'react'
import type { AlertTransition } from 'timelapser-logs/api'
import { serverNow } from '../api/server-clock.ts'
import { Link } from '../app/link.tsx'
import { Button } from '../controls/button.tsx'
import { useDisplayZone } from '../time/display-zone.ts'
import { formatFull, formatMoment } from '../time/format.ts'

const STEP = 20

const WORDS: Readonly<Record<string, string>> = {
  firing: 'fires',
  resolved: 'is over',
  expired: 'is not waited for any more',
  edited: 'ended with its rule',
  disabled: 'ended with its rule',
  problem: 'cannot be evaluated',
  recovered: 'is evaluated again',
}

/** Transitions of rules, newest first, with those held back and why. */
export function HistoryList({ transitions }: { transitions: readonly AlertTransition[] }) {
  const [shown, setShown] = useState(STEP)
  return (
    <section className="grid gap-3" aria-labelledby="history">
      <h2 id="history" className="text-title font-semibold">
        History
      </h2>
      {transitions.length === 0 ? (
        <p className="text-muted">Nothing fired yet.</p>
      ) : (
        <ol aria-label="History" className="divide-y divide-line rounded-lg border border-line bg-surface">
          {transitions.slice(0, shown).map((transition) => (
            <HistoryItem key={transition.id} transition={transition} />
          ))}
        </ol>
      )}
      {transitions.length > shown && (
        <Button className="justify-self-start" onClick={() => setShown(shown + 4 * STEP)}>
          Show more
        </Button>
      )}
    </section>
  )
}

function HistoryItem({ transition }: { transition: AlertTransition }) {
  const { at, rule_name, label, kind, text, held, search, raised, tier, severity } = transition
  const zone = useDisplayZone()
  return (
    <li className="grid gap-x-4 gap-y-0.5 px-4 py-2 sm:grid-cols-[9rem_minmax(0,1fr)_auto]">
      <time dateTime={at} title={formatFull(at, zone)} className="figures text-muted">
        {formatMoment(at, zone, serverNow())}
      </time>
      <span className="min-w-0 wrap-anywhere">
        <span className="font-medium">{rule_name}</span>
        {label !== '' && `, ${label},`}{' '}
        <span className={kind === 'firing' ? 'font-medium text-error' : ''}>{WORDS[kind] ?? kind}</span>
        {tier > 0 && `, ${severity}`}
        <span className="block text-small text-muted">{text}</span>
        {held !== null && kind !== 'problem' && (
          <span className="block text-small text-paused">Notice delayed: {held}</span>
        )}
      </span>
      <span className="flex flex-wrap gap-x-4 self-start">
        {raised !== null && (
          <Link href={`/logs${raised}`} className="text-accent underline underline-offset-2">
            Raised level
          </Link>
        )}
        {search !== null && (
          <Link href={`/logs${search}`} className="text-accent underline underline-offset-2">
            Lines
          </Link>
        )}
      </span>
    </li>
  )
}
