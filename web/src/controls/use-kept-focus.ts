import { type ComponentProps, type MouseEvent, useState } from 'react'

type Props = ComponentProps<'button'>

/**
 * The properties of a button that keeps the focus while it is disabled: a browser takes it away without an event, and the next Tab
 * begins at the top of the page, behind a dialog too. It is disabled in fact as soon as the focus goes elsewhere.
 */
export function useKeptFocus({ disabled = false, onFocus, onBlur, onClick }: Props): Props {
  const [isFocused, setFocused] = useState(false)
  const isKept = disabled && isFocused
  return {
    disabled: disabled && !isKept,
    ...(isKept && { 'aria-disabled': true }),
    onFocus: (event) => {
      setFocused(true)
      onFocus?.(event)
    },
    onBlur: (event) => {
      // A window that is left takes the focus along and gives it back: within the page it stays where it is.
      setFocused(event.currentTarget === document.activeElement)
      onBlur?.(event)
    },
    onClick: isKept ? (event: MouseEvent) => event.preventDefault() : onClick,
  }
}
