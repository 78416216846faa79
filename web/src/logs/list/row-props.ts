import type { MouseEvent } from 'react'
import type { LogRow } from 'timelapser-logs/api'
import type { Needles } from '../../text/segments.ts'
import type { Column } from './columns.ts'
import type { ValueTarget } from './value-menu.tsx'

/** The props of every row; rows of a list differ only in their line. */
export type RowProps = {
  row: LogRow
  columns: readonly Column[]
  zone: string
  now: number
  needles: Needles
  active: boolean
  opened: boolean
  selected: boolean
  fresh: boolean
  wrap: boolean
  roomy: boolean
  onClick: (id: number, event: MouseEvent) => void
  onMenu: (row: LogRow, event: MouseEvent) => void
  pick: (target: ValueTarget) => void
}
