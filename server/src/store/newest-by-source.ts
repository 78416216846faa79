import { type LogFilter, rangeConditions, variantConditions } from './log-filter.ts'
import { MAX_PARTITIONS_A_STATEMENT, type Partition } from './partitions.ts'
import { readerFor } from './reader.ts'
import { SqlParameters } from './sql-parameters.ts'
import type { Store } from './store.ts'
import { DAY, fromMillis } from './timestamp.ts'

/** A source and the day (milliseconds) of its newest row, as the kept counts know it. */
export type LastDay = { source: string; day: number }

/** Days looked at side by side: sources that fell silent long ago each have a day of their own. */
const DAYS_AT_ONCE = 4

/** The newest timestamp of each source. A statement a day that was some source's last, more where days are cut finely. */
export async function newestBySource(
  store: Store,
  filter: LogFilter,
  lastDays: readonly LastDay[],
): Promise<Map<string, string>> {
  const newest = new Map<string, string>()
  const days = [...Map.groupBy(lastDays, ({ day }) => day)]
  for (let index = 0; index < days.length; index += DAYS_AT_ONCE) {
    await Promise.all(
      days.slice(index, index + DAYS_AT_ONCE).map(async ([day, ofDay]) => {
        const missing = new Set(ofDay.map(({ source }) => source))
        for (const group of await partitionsOfDay(store, day)) {
          for (const { source, timestamp } of await newestWithin(store, filter, [...missing], day, group)) {
            newest.set(source, timestamp)
            missing.delete(source)
          }
          if (missing.size === 0) break
        }
      }),
    )
  }
  return newest
}

/** The day's partitions, newest first, as many together as a statement may touch: most sources are in the first. */
export async function partitionsOfDay(store: Store, day: number): Promise<Partition[][]> {
  const end = fromMillis(day + DAY - 1)
  const partitions = await store.partitions.overlapping(fromMillis(day), end)
  const groups: Partition[][] = []
  for (let index = 0; index < partitions.length; index += MAX_PARTITIONS_A_STATEMENT) {
    groups.push(partitions.slice(index, index + MAX_PARTITIONS_A_STATEMENT))
  }
  return groups
}

async function newestWithin(
  store: Store,
  filter: LogFilter,
  sources: readonly string[],
  day: number,
  partitions: readonly Partition[],
): Promise<{ source: string; timestamp: string }[]> {
  const parameters = new SqlParameters()
  const names = parameters.add(sources)
  const conditions = [
    `timestamp >= ${parameters.add(fromMillis(day))}::timestamptz`,
    `timestamp < ${parameters.add(fromMillis(day + DAY))}::timestamptz`,
    `timestamp >= ${parameters.add(partitions.at(-1)?.lower)}::timestamptz`,
    `timestamp < ${parameters.add(partitions[0]?.upper)}::timestamptz`,
    ...rangeConditions(filter, parameters),
    ...variantConditions(filter, parameters),
  ]
  const text = `
  /* newest_by_source */
  select s.name as source, newest.timestamp
  from unnest(${names}::text[]) as s (name)
  cross join lateral (
    select timestamp
    from logs
    where source = s.name and ${conditions.join(' and ')}
    order by timestamp desc, id desc
    limit 1
  ) newest`
  const { rows } = await readerFor(store.pool, store.signal).query<{ source: string; timestamp: string }>(
    text,
    parameters.values,
  )
  return rows
}
