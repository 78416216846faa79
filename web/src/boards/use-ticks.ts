import { useCallback, useEffect, useState } from 'react'

/** Counts up every so many seconds while the page is looked at, and at once when it is looked at again; 0 for never. */
export function useTicks(seconds: number): { ticks: number; tick: () => void } {
  const [ticks, setTicks] = useState(0)
  const tick = useCallback(() => setTicks((count) => count + 1), [])
  useEffect(() => {
    if (seconds === 0) return
    let last = Date.now()
    const tickIfDue = () => {
      if (document.hidden || Date.now() - last < seconds * 1000) return
      last = Date.now()
      tick()
    }
    const timer = setInterval(tickIfDue, 1000)
    document.addEventListener('visibilitychange', tickIfDue)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', tickIfDue)
    }
  }, [seconds, tick])
  return { ticks, tick }
}
