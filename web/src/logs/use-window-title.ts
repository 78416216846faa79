import { useEffect } from 'react'
import { LEVEL_NAME } from './levels.ts'
import type { LogView } from './view.ts'

/** `(37) Logs – Error`: the number of waiting lines and the view, readable in a row of tabs. */
export function useWindowTitle(view: LogView, waiting: number): void {
  const levels = view.min_level
    ? `${LEVEL_NAME[view.min_level]} and above`
    : view.level.map((one) => LEVEL_NAME[one]).join(', ')
  const text = view.q || view.search
  const about = [levels, text && `“${text.slice(0, 30)}”`].filter(Boolean).join(' ')
  const title = `${waiting > 0 ? `(${waiting.toLocaleString()}) ` : ''}Logs${about && ` – ${about}`}`
  useEffect(() => {
    document.title = title
  }, [title])
}
