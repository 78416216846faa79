import { X } from 'lucide-react'
import { useSyncExternalStore } from 'react'
import { Button } from './button.tsx'

const SHOWN_MS = 5000
/** One with something to press stays long enough to notice that it is needed. */
const SHOWN_WITH_ACTION_MS = 120_000

type Action = { name: string; run: () => void }
type Notice = { text: string; kind: 'done' | 'failed'; action: Action | null }

let current: Notice | null = null
let timer: ReturnType<typeof setTimeout> | undefined
const listeners = new Set<() => void>()

function show(notice: Notice | null): void {
  current = notice
  for (const listener of listeners) listener()
}

/** One short sentence about what just happened, read out and gone by itself. */
export function notify(text: string, kind: Notice['kind'] = 'done', action: Action | null = null): void {
  clearTimeout(timer)
  timer = setTimeout(() => show(null), action === null ? SHOWN_MS : SHOWN_WITH_ACTION_MS)
  show({ text, kind, action })
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
        <div
          className={`pointer-events-auto flex items-center gap-3 rounded-md border bg-surface py-1 pr-1 pl-4 shadow-float ${notice.kind === 'failed' ? 'border-error text-error' : 'border-line text-ink'}`}
        >
          <p className="py-1.5">{notice.text}</p>
          {notice.action && <ActionButton action={notice.action} />}
          <Button kind="quiet" aria-label="Dismiss" className="w-8 px-0" onClick={() => show(null)}>
            <X size={14} aria-hidden />
          </Button>
        </div>
      )}
    </div>
  )
}

function ActionButton({ action }: { action: Action }) {
  const run = () => {
    show(null)
    action.run()
  }
  return <Button onClick={run}>{action.name}</Button>
}
