import type { LogRow } from 'timelapser-logs/api'
import type { Scope } from '../../api/use-surroundings.ts'
import { originOf } from '../origin.tsx'

/** Which lines count as being around a line. */
export function ScopeButtons({
  log,
  scope,
  setScope,
}: {
  log: LogRow
  scope: Scope
  setScope: (scope: Scope) => void
}) {
  const scopes: [Scope, string][] = [
    ['origin', `Only ${originOf(log).name}`],
    ...(log.logger_name === null
      ? []
      : ([['logger', `Only logger ${log.logger_name}`]] as [Scope, string][])),
    ['everything', 'Everything'],
  ]
  return (
    <fieldset className="flex flex-wrap gap-1" aria-label="Scope">
      {scopes.map(([one, name]) => (
        <button
          key={one}
          type="button"
          aria-pressed={one === scope}
          onClick={() => setScope(one)}
          className={`max-w-60 truncate rounded-md px-2.5 py-1 text-small font-medium ${one === scope ? 'bg-accent-wash text-accent' : 'text-muted hover:bg-hover'}`}
        >
          {name}
        </button>
      ))}
    </fieldset>
  )
}
