import { CirclePause, LoaderCircle } from 'lucide-react'
import { useKeptFocus } from '../../controls/use-kept-focus.ts'
import type { LiveListState } from './use-live-list.ts'

const LOOK = {
  live: { name: 'Live', look: 'border-live/40 text-live' },
  connecting: { name: 'Connecting', look: 'border-line text-muted' },
  paused: { name: 'Paused', look: 'border-paused/50 text-paused' },
  reconnecting: { name: 'Reconnecting', look: 'border-error/50 text-error' },
  unavailable: { name: 'Not live', look: 'border-line text-faint' },
} as const

const HINTS = {
  live: 'New lines appear automatically. L pauses.',
  connecting: 'The stream of new lines is being opened.',
  reconnecting: 'The connection is lost and is retried until it works; no line is missed.',
} as const

/** Whether new lines come in by themselves; the states differ by word, shape and colour. */
export function LiveBadge({ live }: { live: LiveListState }) {
  const { name, look } = LOOK[live.state]
  const isTrying = live.state === 'connecting' || live.state === 'reconnecting'
  const hint =
    live.state === 'paused'
      ? `New lines are held back: ${live.why}. L resumes.`
      : live.state === 'unavailable'
        ? (live.why ?? '')
        : HINTS[live.state]
  const focus = useKeptFocus({ disabled: live.state === 'unavailable', onClick: live.toggle })
  return (
    <button
      type="button"
      aria-pressed={live.state === 'live'}
      aria-busy={live.opening}
      aria-label={`${name}. ${hint}`}
      title={hint}
      {...focus}
      className={`flex h-8 min-w-24 items-center justify-center gap-2 rounded-md border bg-surface px-3 font-medium disabled:cursor-not-allowed aria-disabled:cursor-not-allowed ${look}`}
    >
      {live.state === 'live' && <span className="breathing size-2 rounded-full bg-live" aria-hidden />}
      {live.state === 'paused' && <CirclePause size={14} aria-hidden />}
      {isTrying && <LoaderCircle size={14} className="animate-spin" aria-hidden />}
      {live.state === 'unavailable' && (
        <span className="size-2 rounded-full border border-line-strong" aria-hidden />
      )}
      {name}
    </button>
  )
}
