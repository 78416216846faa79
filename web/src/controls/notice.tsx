import { useSyncExternalStore } from 'react'

const SHOWN_MS = 5000

let current: { text: string; kind: 'done' | 'failed' } | null = null
let timer: ReturnType<typeof setTimeout> | undefined
const listeners = new Set<() => void>()

/** One short sentence about what just happened, read out and gone by itself. */
export function notify(text: string, kind: 'done' | 'failed' = 'done'): void {
  current = { text, kind }
  clearTimeout(timer)
  timer = setTimeout(() => {
    current = null
    for (const listener of listeners) listener()
  }, SHOWN_MS)
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function Notices() {
  const notice = useSyncExternalStore(subscribe, () => current)
  return (
    <div
      aria-live="polite"
      className="pointer-events-none fixed inset-x-0 bottom-5 z-50 flex justify-center px-4"
    >
      {notice && (
        <p
          className={`rounded-md border bg-surface px-4 py-2.5 text-body shadow-float ${notice.kind === 'failed' ? 'border-error text-error' : 'border-line text-ink'}`}
        >
          {notice.text}
        </p>
      )}
    </div>
  )
}
