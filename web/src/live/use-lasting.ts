import { useEffect, useState } from 'react'

/** Whether `active` has been so for `ms`: a state that passes at once is not worth a flicker. */
export function useLasting(active: boolean, ms: number): boolean {
  const [lasts, setLasts] = useState(false)
  useEffect(() => {
    if (!active) return
    const timer = setTimeout(() => setLasts(true), ms)
    return () => {
      clearTimeout(timer)
      setLasts(false)
    }
  }, [active, ms])
  return active && lasts
}
