import type { StepCounts } from './step-counts.ts'

/** Rows of one step and group; for quantiles and different values those whose numbers or hashes are next to each other. */
export type FoldedCell = {
  step: number
  /** The value of each of `by`; null where the rows have none. */
  keys: unknown[]
  rows: number
  /** The figure of their numbers, for quantiles and hashes the least; null where they have no number or value. */
  figure: number | null
  /** The greatest of the numbers or hashes. */
  most: number | null
  /** The beginning of a value that is not a JSON number; null where they have none. */
  other: string | null
}

/** Numbers of one step and group that come from columns, by their size. */
export type FoldedSpread = {
  step: number
  keys: unknown[]
  rows: number
  least: number
  most: number
  steps: StepCounts
}

export type FoldedPart = FoldedCell | FoldedSpread

/** Cells of a statement: 2 MB. */
export const MAX_CELLS = 20_000

/** Numbers or hashes that have a cell of their own, in a whole chart. */
export const MAX_EXACT_CELLS = 20_000
