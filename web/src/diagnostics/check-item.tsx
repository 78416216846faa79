import { CircleAlert, CircleCheck, CircleX } from 'lucide-react'
import type { Diagnosis } from 'timelapser-logs/api'

const LOOK = {
  ok: { Icon: CircleCheck, name: 'Well', look: 'text-live' },
  warning: { Icon: CircleAlert, name: 'Warning', look: 'text-warning' },
  failure: { Icon: CircleX, name: 'Failure', look: 'text-error' },
} as const

/** One check: what was found, why it is not well, and what to do. */
export function CheckItem({ check }: { check: Diagnosis['checks'][number] }) {
  const { Icon, name, look } = LOOK[check.verdict]
  return (
    <li className="flex gap-3 px-4 py-3">
      <Icon size={17} aria-hidden className={`mt-0.5 shrink-0 ${look}`} />
      <div className="grid min-w-0 flex-1 gap-1">
        <div className="flex items-baseline gap-2">
          <h2 className="font-medium first-letter:uppercase">{check.name}</h2>
          <span className={`text-small font-medium ${look}`}>{name}</span>
        </div>
        <p className="text-pretty text-muted wrap-anywhere">{check.finding}</p>
        {check.cause && <p className="text-pretty wrap-anywhere">{check.cause}</p>}
        {check.advice && <p className={`text-pretty font-medium wrap-anywhere ${look}`}>{check.advice}</p>}
        {Object.keys(check.details).length > 0 && (
          <details>
            <summary className="text-small text-faint">Details</summary>
            <pre className="mt-1 overflow-auto rounded-md bg-sunken p-3 font-mono text-small">
              {JSON.stringify(check.details, null, 2)}
            </pre>
          </details>
        )}
      </div>
    </li>
  )
}
