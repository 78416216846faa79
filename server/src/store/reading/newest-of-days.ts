import type { SqlParameters } from '../database/sql-parameters.ts'
import { DAY, fromMillis } from '../database/timestamp.ts'
import { type LogFilter, rangeConditions, variantConditions } from '../filter/log-filter.ts'
import { MAX_PARTITIONS_A_STATEMENT, type Partition } from '../partitions/partitions.ts'
import type { Store } from './store.ts'

/** Partitions of a day that one statement may touch, newest first. */
export type PartOfDay = { day: number; partitions: readonly Partition[] }

/** Days looked at side by side: what fell silent long ago has a day of its own each. */
const DAYS_AT_ONCE = 4

/**
 * Each key and the day (milliseconds) of its newest row.
 *
 * @param days see `countByDimensions`
 */
export type LastDays<Key> = (days: 'counted' | 'net') => Promise<(readonly [key: Key, day: number])[]>

type Find<Key, Row> = (keys: Key[], part: PartOfDay) => Promise<(readonly [Key, Row])[]>

/**
 * What `find` finds of each key in the day of its newest row, as the kept counts know it. A statement a day that was the
 * last of some, more where days are cut finely, and once more for those whose newest rows were removed a moment ago.
 */
export async function newestOfDays<Key, Row>(
  store: Store,
  lastDays: LastDays<Key>,
  find: Find<Key, Row>,
): Promise<Map<Key, Row>> {
  const days = await lastDays('counted')
  const newest = await newestWithinDays(store, days, find)
  if (newest.size === days.length) return newest
  const others = (await lastDays('net')).filter(([key]) => !newest.has(key))
  return new Map([...newest, ...(await newestWithinDays(store, others, find))])
}

async function newestWithinDays<Key, Row>(
  store: Store,
  lastDays: Awaited<ReturnType<LastDays<Key>>>,
  find: Find<Key, Row>,
): Promise<Map<Key, Row>> {
  const newest = new Map<Key, Row>()
  const days = [...Map.groupBy(lastDays, ([, day]) => day)]
  for (let index = 0; index < days.length; index += DAYS_AT_ONCE) {
    await Promise.all(
      days.slice(index, index + DAYS_AT_ONCE).map(async ([day, ofDay]) => {
        const missing = new Set(ofDay.map(([key]) => key))
        for (const partitions of await partitionsOfDay(store, day)) {
          for (const [key, row] of await find([...missing], { day, partitions })) {
            newest.set(key, row)
            missing.delete(key)
          }
          if (missing.size === 0) break
        }
      }),
    )
  }
  return newest
}

/** What a row of the part has to fulfil besides being of its key. */
export function partConditions(
  { day, partitions }: PartOfDay,
  filter: LogFilter,
  parameters: SqlParameters,
): string {
  return [
    `timestamp >= ${parameters.add(fromMillis(day))}::timestamptz`,
    `timestamp < ${parameters.add(fromMillis(day + DAY))}::timestamptz`,
    `timestamp >= ${parameters.add(partitions.at(-1)?.lower)}::timestamptz`,
    `timestamp < ${parameters.add(partitions[0]?.upper)}::timestamptz`,
    ...rangeConditions(filter, parameters),
    ...variantConditions(filter, parameters),
  ].join(' and ')
}

/** The day's partitions, newest first, as many together as a statement may touch: most keys are in the first. */
async function partitionsOfDay(store: Store, day: number): Promise<Partition[][]> {
  const end = fromMillis(day + DAY - 1)
  const partitions = await store.partitions.overlapping(fromMillis(day), end)
  const groups: Partition[][] = []
  for (let index = 0; index < partitions.length; index += MAX_PARTITIONS_A_STATEMENT) {
    groups.push(partitions.slice(index, index + MAX_PARTITIONS_A_STATEMENT))
  }
  return groups
}
