import { useQueryClient } from '@tanstack/react-query'
import { type KeyboardEvent, type RefObject, useId, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import { loaded } from '../../app/lazy-part.ts'
import type { Completion } from './completion.ts'

/** Fetched with the first letter: most visits search for nothing. */
const load = () => import('./known-names.ts')

/** Completes the word at the caret of a box: arrows choose, Enter and Tab take what was chosen, Escape closes. */
export function useCompletion(
  box: RefObject<HTMLInputElement | null>,
  typed: string,
  type: (text: string) => void,
) {
  const client = useQueryClient()
  const [open, setOpen] = useState<Completion | null>(null)
  const [chosen, setChosen] = useState(-1)
  const id = useId()
  /** The text to complete: typing goes on while the code for completions is fetched. */
  const wanted = useRef<string | null>(null)
  const close = () => {
    wanted.current = null
    setOpen(null)
    setChosen(-1)
  }
  const offer = (text: string, caret: number | null) => {
    close()
    if (caret === null) return
    wanted.current = text
    void loaded(load).then(({ completionsAt }) => {
      if (wanted.current === text) setOpen(completionsAt(text, caret, client))
    })
  }
  const choose = (option: string) => {
    if (open === null) return
    const rest = typed.slice(open.to)
    const head = typed.slice(0, open.from) + option
    const text = head + (option.endsWith(' ') ? rest.trimStart() : rest)
    // At once: the next letter may be typed before the next frame.
    flushSync(() => type(text))
    box.current?.setSelectionRange(head.length, head.length)
    // A field goes on with its values.
    offer(text, head.length)
  }
  /** Whether the key was for the list. */
  const onKey = (event: KeyboardEvent): boolean => {
    if (open === null) return false
    const { length } = open.options
    const option = open.options[chosen]
    if (event.key === 'ArrowDown') setChosen((chosen + 1) % length)
    else if (event.key === 'ArrowUp') setChosen(chosen <= 0 ? length - 1 : chosen - 1)
    else if (event.key === 'Escape') close()
    else if ((event.key === 'Enter' || event.key === 'Tab') && option !== undefined) choose(option)
    else return false
    event.preventDefault()
    return true
  }
  return { id, options: open?.options ?? [], chosen, choose, offer, close, onKey }
}
