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
