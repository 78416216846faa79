import { type RefCallback, useCallback, useState } from 'react'

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
