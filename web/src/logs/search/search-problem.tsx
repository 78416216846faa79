import type { ApiError } from '../../api/client.ts'

/** Characters of the search shown before the error. */
const BEFORE = 40

/** The error of a search: the sentence, and a mark under the place. */
export function SearchProblem({ id, q, error }: { id: string; q: string; error: ApiError }) {
  const at = error.position === null ? null : Math.max(0, error.position - 1)
  const from = at === null ? 0 : Math.max(0, at - BEFORE)
  return (
    <div
      id={id}
      role="alert"
      className="absolute inset-x-0 top-full z-30 mt-1 grid gap-1 rounded-md border border-error bg-surface px-3 py-2 shadow-float"
    >
      {at !== null && (
        <pre aria-hidden className="overflow-hidden font-mono text-small leading-4 text-muted">
          {from > 0 && '…'}
          {q.slice(from, at)}
          <span className="font-semibold text-error underline decoration-wavy underline-offset-4">
            {q.slice(at, at + 1) || '\u00a0'}
          </span>
          {q.slice(at + 1)}
        </pre>
      )}
      <p className="text-error">{error.message}</p>
    </div>
  )
}
