import { useCallback, useLayoutEffect, useRef } from 'react'

/** The same function for ever, which does what the newest one does: what it is given to need not be drawn again. */
export function useStable<Parameters extends unknown[]>(
  handler: (...parameters: Parameters) => void,
): (...parameters: Parameters) => void {
  const newest = useRef(handler)
  useLayoutEffect(() => {
    newest.current = handler
  })
  return useCallback((...parameters) => newest.current(...parameters), [])
}
