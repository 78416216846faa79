import type { TriedLine as Tried } from 'timelapser-logs/api'

const OUTCOMES = {
  changed: ['changed', 'text-accent'],
  unchanged: ['no change', 'text-faint'],
  failed: ['rule failed', 'text-warning font-medium'],
  dropped: ['dropped', 'text-error font-medium'],
} as const

const COLUMNS = ['timestamp', 'level', 'logger_name', 'camera_id', 'message'] as const

/** A line as it came, and the result of a rule: new and changed values. */
export function TriedLine({ line }: { line: Tried }) {
  const { before, after, outcome, rules } = line
  const [name, look] = OUTCOMES[outcome]
  const reasons = rules.flatMap(({ reason }) => (reason === null ? [] : [reason]))
  const changes = after === null ? [] : changesOf(before, after)
  return (
    <li className="grid grid-cols-1 gap-1.5 px-3 py-2">
      <p className="flex items-baseline gap-3">
        <code
          className={`min-w-0 flex-1 font-mono text-small wrap-anywhere whitespace-pre-wrap ${outcome === 'dropped' ? 'text-muted line-through' : ''}`}
        >
          {before.message}
        </code>
        <span className={`shrink-0 text-small ${look}`}>{name}</span>
      </p>
      {reasons.map((reason) => (
        <p key={reason} className="text-small text-warning">
          {reason}
        </p>
      ))}
      {changes.length > 0 && (
        <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-0.5 text-small">
          {changes.map(({ field, old, value }) => (
            <div key={field} className="contents">
              <dt className="font-mono text-muted">{field}</dt>
              <dd className="font-mono wrap-anywhere whitespace-pre-wrap">
                {old !== undefined && (
                  <>
                    <del className="text-faint">{old}</del> <span aria-hidden>→</span>{' '}
                  </>
                )}
                {value === undefined ? (
                  <span className="text-faint">removed</span>
                ) : (
                  <ins className="no-underline">{value}</ins>
                )}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </li>
  )
}

type Change = { field: string; old: string | undefined; value: string | undefined }
type Line = Tried['before']

function changesOf(before: Line, after: Line): Change[] {
  const columns = COLUMNS.filter((name) => before[name] !== after[name]).map((name) => ({
    ...{ field: name, old: textOf(before[name]), value: textOf(after[name]) },
  }))
  const [old, now] = [before.extra_data ?? {}, after.extra_data ?? {}]
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])]
  const fields = names
    .filter((name) => JSON.stringify(old[name]) !== JSON.stringify(now[name]))
    .map((name) => ({ field: name, old: textOf(old[name]), value: textOf(now[name]) }))
  return [...columns, ...fields]
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  return typeof value === 'string' ? value : JSON.stringify(value)
}
