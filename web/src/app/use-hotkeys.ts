import { useEffect, useEffectEvent } from 'react'

/** Keys by their `event.key` in lower case; a handler is given the event, which is already kept from the browser. */
export type Hotkeys = Record<string, (event: KeyboardEvent) => void>

/** Inputs that take no letters: a ticked box still has the focus when the next key is struck. */
const TICKED = /^(checkbox|radio|button|submit|reset)$/

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target instanceof HTMLInputElement && TICKED.test(target.type)) return false
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)
}

/** Single keys for the whole page; silent inside inputs, menus and dialogs, and with Ctrl, Alt or Meta. */
export function useHotkeys(keys: Hotkeys): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
    if (isTyping(event.target)) return
    if (document.querySelector('[role="dialog"][data-open],[role="alertdialog"][data-open],[role="menu"]'))
      return
    const handler = keys[event.key.toLowerCase()]
    if (handler === undefined) return
    // A focused button keeps its own Enter and Space.
    if (event.key === 'Enter' && event.target instanceof HTMLElement && event.target.closest('button, a'))
      return
    event.preventDefault()
    handler(event)
  })
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey(event)
    window.addEventListener('keydown', listener)
    return () => window.removeEventListener('keydown', listener)
  }, [])
}
