import { Cctv, Cog } from 'lucide-react'
import type { Origin } from './origin.ts'

const ICON = { Camera: Cctv, System: Cog } as const

/** The mark of a camera or of the system, drawn by the page: not every machine has a font with emoji. */
export function OriginIcon({ name }: { name: Origin['iconName'] }) {
  const Icon = ICON[name]
  return (
    <span role="img" aria-label={name} className="shrink-0 self-center text-muted">
      <Icon size={14} aria-hidden className="block" />
    </span>
  )
}
