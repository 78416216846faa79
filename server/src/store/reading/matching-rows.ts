import type { RowChoice } from '../blocks/every-row.ts'
import { blockConditions, openedConditions } from '../blocks/signature-conditions.ts'
import { mayBePacked } from '../database/packed-state.ts'
import type { SqlParameters } from '../database/sql-parameters.ts'
import { maximum, minimum } from '../database/timestamp.ts'
import {
  dictionaryConditions,
  type LogFilter,
  rangeConditions,
  variantConditions,
} from '../filter/log-filter.ts'
import type { Group } from './held-partitions.ts'

/** The rows of a half-open stretch of time that match the filter, and more conditions. */
export function matchingRows(
  filter: LogFilter,
  { lower, upper }: Group,
  select: string,
  parameters: SqlParameters,
  more: readonly string[] = [],
): RowChoice {
  const conditions = [
    `timestamp >= ${parameters.add(lower)}::timestamptz`,
    `timestamp < ${parameters.add(upper)}::timestamptz`,
    ...rangeConditions(filter, parameters),
    ...variantConditions(filter, parameters),
    ...more,
  ]
  return {
    select,
    where: conditions.join(' and '),
    within: withinOf(filter, { lower, upper }),
    ...blockChoice(filter, parameters),
  }
}

/** The tightest ends of a stretch, both included. */
export function withinOf({ start, end }: LogFilter, { lower, upper }: Group): RowChoice['within'] {
  return {
    from: start === undefined ? lower : maximum(start, lower),
    to: end === undefined ? upper : minimum(end, upper),
  }
}

/** Conditions that pass over the blocks without a row of the filter. */
export function blockChoice(
  filter: LogFilter,
  parameters: SqlParameters,
): Pick<RowChoice, 'dimensions' | 'blocks' | 'opened'> {
  if (!mayBePacked()) return {}
  return {
    dimensions: dictionaryConditions(filter, parameters),
    ...textChoice(filter, parameters),
  }
}

/** How blocks are told apart that hold nothing of the text that the filter asks for. */
export function textChoice(
  filter: LogFilter,
  parameters: SqlParameters,
): Pick<RowChoice, 'blocks' | 'opened'> {
  return { blocks: blockConditions(filter, parameters), opened: openedConditions(filter, parameters) }
}
