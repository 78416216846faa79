import { CircleAlert, CircleCheck, CircleX } from 'lucide-react'
import type { Diagnosis } from 'timelapser-logs/api'
import { useDisplayZone } from '../time/display-zone.ts'
import { TimedText } from '../time/timed-text.tsx'

const LOOK = {
  ok: { Icon: CircleCheck, name: 'OK', look: 'text-live' },
  warning: { Icon: CircleAlert, name: 'Warning', look: 'text-warning' },
  failure: { Icon: CircleX, name: 'Failure', look: 'text-error' },
} as const

/** A check: its findings, why it is not OK, and the remedy. */
export function CheckItem({ check }: { check: Diagnosis['checks'][number] }) {
  const { Icon, name, look } = LOOK[check.verdict]
  const zone = useDisplayZone()
  return (
    <li className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-1 px-4 py-2.5 sm:grid-cols-[auto_11rem_minmax(0,1fr)]">
      <Icon size={17} aria-hidden className={`mt-0.5 ${look}`} />
      <div className="flex items-baseline gap-2">
        <h2 className="font-medium first-letter:uppercase">{check.name}</h2>
        <span className={`text-small font-medium ${look}`}>{name}</span>
      </div>
      <div className="grid min-w-0 gap-1 max-sm:col-start-2">
        <p className="text-pretty text-muted wrap-anywhere">
          <TimedText text={check.finding} zone={zone} />
        </p>
        {check.cause && (
          <p className="text-pretty wrap-anywhere">
            <TimedText text={check.cause} zone={zone} />
          </p>
        )}
        {check.advice && (
          <p className={`text-pretty font-medium wrap-anywhere ${look}`}>
            <Advice text={check.advice} zone={zone} />
          </p>
        )}
        {Object.keys(check.details).length > 0 && (
          <details>
            <summary className="text-small text-faint">Details</summary>
            <pre className="mt-1 overflow-auto rounded-md bg-sunken p-3 font-mono text-small">
              <TimedText text={JSON.stringify(check.details, null, 2)} zone={zone} />
            </pre>
          </details>
        )}
      </div>
    </li>
  )
}

/** The remedy; the options of a command in it stay in one piece, which browsers break behind their hyphens. */
function Advice({ text, zone }: { text: string; zone: string }) {
  return text.split(/(--[\w-]+)/).map((part, index) =>
    index % 2 === 1 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text have no identity but their place
      <span key={index} className="whitespace-nowrap">
        {part}
      </span>
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: the same
      <TimedText key={index} text={part} zone={zone} />
    ),
  )
}
