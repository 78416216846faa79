import { Cctv, Cog } from 'lucide-react'
import type { LogRow } from 'timelapser-logs/api'

/** Where a line comes from, as people call it: its camera by name, or its source. */
export type Origin = {
  iconName: 'Camera' | 'System'
  name: string
  field: 'camera_id' | 'source'
  value: string | number
}

export function originOf(row: LogRow): Origin {
  if (row.camera_id !== null) {
    const name = row.camera_name ?? `Camera ${row.camera_id}`
    return { iconName: 'Camera', name, field: 'camera_id', value: row.camera_id }
  }
  const isCamera = /^camera_\d+$/.test(row.source)
  return {
    iconName: isCamera ? 'Camera' : 'System',
    name: row.source,
    field: 'source',
    value: row.source,
  }
}

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
