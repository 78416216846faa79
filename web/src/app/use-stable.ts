import { useCallback, useLayoutEffect, useRef } from 'react'

/** A function of constant identity that calls the newest handler: components that get it need not render again. */
export function useStable<Parameters extends unknown[]>(
  handler: (...parameters: Parameters) => void,
): (...parameters: Parameters) => void {
  const newest = useRef(handler)
  useLayoutEffect(() => {
    newest.current = handler
  })
  return useCallback((...parameters) => newest.current(...parameters), [])
}
