import { type RefCallback, useCallback, useState } from 'react'

/** How wide an element is, kept true while the window changes; 0 until it is known. */
export function useWidth(): [ref: RefCallback<HTMLElement>, px: number] {
  const [px, setPx] = useState(0)
  const ref = useCallback<RefCallback<HTMLElement>>((element) => {
    if (element === null) return
    // Before the first paint: content that depends on it is not drawn twice.
    setPx(element.clientWidth)
    const observer = new ResizeObserver(() => setPx(element.clientWidth))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return [ref, px]
}

/** How high an element is, kept true while it wraps; `first` until it is known. */
export function useHeight(first: number): [ref: RefCallback<HTMLElement>, px: number] {
  const [px, setPx] = useState(first)
  const ref = useCallback<RefCallback<HTMLElement>>(
    (element) => {
      if (element === null) return
      const observer = new ResizeObserver(() => setPx(element.offsetHeight || first))
      observer.observe(element)
      return () => observer.disconnect()
    },
    [first],
  )
  return [ref, px]
}
