import type { Group } from './held-partitions.ts'
import type { Order, Position } from './log-rows.ts'

/** The position before the first row of the group. Ids are positive, so it is the same for both orders' comparisons. */
export function startOf({ lower, upper }: Group, order: Order): Position {
  return { timestamp: order === 'newest' ? upper : lower, id: 0 }
}

/** The position after its last row. */
export function endOf({ lower, upper }: Group, order: Order): Position {
  return { timestamp: order === 'newest' ? lower : upper, id: 0 }
}
