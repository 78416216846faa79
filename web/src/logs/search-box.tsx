import { Search, X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { KeyCap } from '../controls/key-cap.tsx'
import type { ChangeView } from './use-view.ts'

const DEBOUNCE_MS = 250

/** Searches as one types, after a short rest; Enter at once. */
export function SearchBox({ search, change }: { search: string; change: ChangeView }) {
  const [typed, setTyped] = useState(search)
  const [applied, setApplied] = useState(search)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  // Back, a pill or "clear" changed it elsewhere.
  if (applied !== search) {
    setApplied(search)
    setTyped(search)
  }
  useEffect(() => () => clearTimeout(timer.current), [])

  const apply = (text: string) => {
    clearTimeout(timer.current)
    setApplied(text)
    // While typing, one entry in the history is enough.
    change({ search: text }, { replace: search !== '' && text !== '' })
  }
  const type = (text: string) => {
    setTyped(text)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => apply(text), DEBOUNCE_MS)
  }

  return (
    <div className="relative min-w-0 flex-1 basis-72 max-sm:basis-full">
      <Search size={15} className="pointer-events-none absolute top-2.25 left-2.5 text-faint" aria-hidden />
      <input
        type="search"
        aria-label="Search messages and logger names"
        placeholder="Search messages and logger names"
        value={typed}
        maxLength={1000}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => type(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') apply(typed)
          if (event.key !== 'Escape') return
          event.preventDefault()
          if (typed === '') event.currentTarget.blur()
          else apply('')
        }}
        className="h-8 w-full appearance-none rounded-md border border-line-strong bg-surface pr-9 pl-8 focus:border-accent focus:outline-1 focus:outline-offset-0 focus:outline-accent [&::-webkit-search-cancel-button]:hidden"
      />
      {typed === '' ? (
        <span className="pointer-events-none absolute top-1.5 right-2 max-sm:hidden">
          <KeyCap>/</KeyCap>
        </span>
      ) : (
        <button
          type="button"
          aria-label="Clear the search"
          title="Clear the search"
          onClick={() => apply('')}
          className="absolute top-1 right-1 grid size-6 place-items-center rounded-sm text-faint hover:bg-hover hover:text-ink"
        >
          <X size={14} aria-hidden />
        </button>
      )}
    </div>
  )
}
