import { useEffect, useState } from 'react'
import { serverNow } from '../api/server-clock.ts'

/** The time left until an instant, by the second; `over` once it is there. */
export function Countdown({ until, onOver }: { until: string; onOver?: () => void }) {
  const [left, setLeft] = useState(() => Date.parse(until) - serverNow())
  useEffect(() => {
    const timer = setInterval(() => setLeft(Date.parse(until) - serverNow()), 1000)
    return () => clearInterval(timer)
  }, [until])
  const isOver = left <= 0
  useEffect(() => {
    if (isOver) onOver?.()
  }, [isOver, onOver])
  return (
    <time dateTime={until} className="figures" title={`Until ${until}`}>
      {isOver ? 'over' : inWords(Math.ceil(left / 1000))}
    </time>
  )
}

function inWords(seconds: number): string {
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  const hours = Math.floor(seconds / 3600)
  if (hours >= 48) return `${Math.floor(hours / 24)} days`
  return `${hours > 0 ? `${hours}:` : ''}${two((seconds / 60) % 60)}:${two(seconds % 60)}`
}
