import type { LogRow } from 'timelapser-logs/api'
import type { ValueTarget } from './value-menu.tsx'

/** What every row is drawn with; rows of a list differ only in their line. */
export type RowProps = {
  row: LogRow
  zone: string
  now: number
  needle: string
  active: boolean
  opened: boolean
  fresh: boolean
  wrap: boolean
  roomy: boolean
  open: (id: number) => void
  pick: (target: ValueTarget) => void
}
