import { useLayoutEffect } from 'react'

let dialogs = 0

/**
 * Keeps the focus out of the page behind a modal dialog for as long as the dialog is there. The dialog turns the focus
 * around at its ends by itself, but a moment after the browser has moved it.
 */
export function useInertPage(): void {
  useLayoutEffect(() => {
    const page = document.getElementById('root')
    if (page === null) return undefined
    dialogs += 1
    page.inert = true
    return () => {
      dialogs -= 1
      page.inert = dialogs > 0
    }
  }, [])
}
