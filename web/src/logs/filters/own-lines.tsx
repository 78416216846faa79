import { ServerOff } from 'lucide-react'
import { IconButton } from '../../controls/button.tsx'
import { setTerm, stateOfTerm } from '../search/search-terms.ts'
import type { ChangeView } from '../use-view.ts'

/** The loggers of the server's own lines, as the search names them. */
const OWN_LINES = 'logger:timelapser_logs.*'

/** Whether the server itself has written a line, by the name of its logger. */
export function isOwnLogger(name: string | null): boolean {
  return name?.startsWith('timelapser_logs.') ?? false
}

/** Leaves out what the server says of itself, and brings it back. */
export function OwnLinesButton({ q, change }: { q: string; change: ChangeView }) {
  const isOut = stateOfTerm(q, OWN_LINES) === 'out'
  return (
    <IconButton
      label="Hide the server's own lines"
      kind="plain"
      aria-pressed={isOut}
      className={isOut ? 'text-accent' : ''}
      onClick={() => change({ q: setTerm(q, OWN_LINES, isOut ? 'unset' : 'out'), page: 1 })}
    >
      <ServerOff size={15} aria-hidden />
    </IconButton>
  )
}
