import { CircleHelp, Search, X } from 'lucide-react'
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'
import { ApiError } from '../../api/client.ts'
import { lazyPart } from '../../app/lazy-part.ts'
import { KeyCap } from '../../controls/key-cap.tsx'
import { PopupButton } from '../../controls/popup-button.tsx'
import type { ChangeView } from '../use-view.ts'
import { SearchCompletions } from './search-completions.tsx'
import { SearchProblem } from './search-problem.tsx'
import { isHalfWritten } from './search-terms.ts'
import { useCompletion } from './use-completion.ts'

const loadHelp = () => import('./search-help.tsx').then((module) => ({ default: module.SearchHelp }))
const SearchHelp = lazyPart(loadHelp)

const DEBOUNCE_MS = 250

/**
 * Searches while typing, after a short rest and once a filter has its value; Enter at once. Errors are shown under the
 * box.
 */
export function SearchBox({ q, change, error }: { q: string; change: ChangeView; error: Error | null }) {
  const { typed, type, apply } = useTyping(q, change)
  const problemId = useId()
  const box = useRef<HTMLInputElement>(null)
  const completion = useCompletion(box, typed, type)
  const isCompleting = completion.options.length > 0
  const problem = error instanceof ApiError && error.code === 'INVALID_QUERY' && typed === q ? error : null
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    // Enter and Escape end a composition of an input method first.
    if (event.nativeEvent.isComposing || completion.onKey(event)) return
    if (event.key === 'Enter') completion.close()
    if (event.key === 'Enter') apply(typed)
    if (event.key !== 'Escape') return
    event.preventDefault()
    if (typed === '') event.currentTarget.blur()
    else apply('')
  }
  return (
    <div className="relative min-w-0 flex-1 basis-72 max-sm:basis-full">
      <Search size={15} className="pointer-events-none absolute top-2.25 left-2.5 text-faint" aria-hidden />
      <input
        ref={box}
        type="search"
        aria-label="Search messages and logger names"
        placeholder="Search: timeout level:>=warning camera:&quot;Front Door&quot; -retry"
        value={typed}
        maxLength={1000}
        spellCheck={false}
        autoComplete="off"
        aria-invalid={problem !== null}
        aria-describedby={problem === null ? undefined : problemId}
        aria-autocomplete="list"
        aria-controls={isCompleting ? completion.id : undefined}
        aria-activedescendant={completion.chosen < 0 ? undefined : `${completion.id}-${completion.chosen}`}
        onChange={({ target }) => {
          type(target.value)
          completion.offer(target.value, target.selectionStart)
        }}
        onBlur={completion.close}
        onKeyDown={onKeyDown}
        className="h-8 w-full appearance-none rounded-md border border-line-strong bg-surface pr-16 pl-8 text-ellipsis focus:border-accent focus:outline-1 focus:outline-offset-0 focus:outline-accent aria-invalid:border-error [&::-webkit-search-cancel-button]:hidden"
      />
      <BoxButtons isEmpty={typed === ''} apply={apply} />
      {isCompleting && <SearchCompletions {...completion} />}
      {problem && !isCompleting && <SearchProblem id={problemId} q={q} error={problem} />}
    </div>
  )
}

/** The text of the box, and its way into the view: at once, or after a rest. */
function useTyping(q: string, change: ChangeView) {
  const [typed, setTyped] = useState(q)
  const [applied, setApplied] = useState(q)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  // Back, a pill or "clear" changed it elsewhere.
  if (applied !== q) {
    setApplied(q)
    setTyped(q)
  }
  useEffect(() => () => clearTimeout(timer.current), [])
  const apply = (text: string) => {
    clearTimeout(timer.current)
    setApplied(text)
    setTyped(text)
    // While typing, one entry in the history is enough.
    change({ q: text }, { replace: q !== '' && text !== '' })
  }
  const type = (text: string) => {
    setTyped(text)
    clearTimeout(timer.current)
    if (!isHalfWritten(text)) timer.current = setTimeout(() => apply(text), DEBOUNCE_MS)
  }
  return { typed, type, apply }
}

/** At the end of the box: its key or its clearing, and the help. */
function BoxButtons({ isEmpty, apply }: { isEmpty: boolean; apply: (text: string) => void }) {
  return (
    <span className="absolute inset-y-0 right-1 flex items-center">
      {isEmpty ? (
        <span className="pointer-events-none pr-1 max-sm:hidden">
          <KeyCap>/</KeyCap>
        </span>
      ) : (
        <button
          type="button"
          aria-label="Clear the search"
          title="Clear the search"
          onClick={() => apply('')}
          className="grid size-6 place-items-center rounded-sm text-faint hover:bg-hover hover:text-ink"
        >
          <X size={14} aria-hidden />
        </button>
      )}
      <PopupButton
        kind="quiet"
        aria-label="Search syntax"
        title="Search syntax"
        className="h-6! w-6! px-0!"
        preload={loadHelp}
        popup={(popup) => <SearchHelp {...popup} apply={apply} />}
      >
        <CircleHelp size={14} aria-hidden />
      </PopupButton>
    </span>
  )
}
