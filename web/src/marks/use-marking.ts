import { useRef, useState } from 'react'

/** The mark being written on a plane of time; the focus goes back to the slider of the plane when its form closes. */
export function useMarking() {
  const [at, begin] = useState<number | null>(null)
  const slider = useRef<HTMLDivElement>(null)
  const close = () => {
    begin(null)
    slider.current?.focus()
  }
  return { at, begin, close, slider }
}
