import type pg from 'pg'
import { SqlParameters } from '../database/sql-parameters.ts'
import { entryRows, type Feed, rangesOf } from '../feed/feed.ts'
import { type Dimensions, IS_OWN, MINUTE_OF } from './alert-matches.ts'
import type { CommittedEntry } from './alert-position.ts'

/** Lines of an entry that have their dimensions and their minute in common. */
export type EntryCount = Dimensions & {
  feed_id: number
  is_own: boolean
  minute: string
  rows: number
  first: string
  last: string
}

/** All lines of the entries, counted by what the rules without a text ask for. */
export async function countEntries(
  client: pg.PoolClient,
  feed: Feed,
  entries: readonly CommittedEntry[],
): Promise<EntryCount[]> {
  const all: EntryCount[] = []
  for (const stretch of await feed.stretches(entries)) {
    const parameters = new SqlParameters()
    const columns = `level, source, camera_id, timestamp, ${IS_OWN} as is_own`
    const text = `
      /* alert_entry_counts */
      select e.feed_id, r.level, r.source, r.camera_id, r.is_own, ${MINUTE_OF} as minute,
        count(*) as rows, min(r.timestamp) as first, max(r.timestamp) as last
      from ${entryRows(rangesOf(entries), stretch, [], parameters, columns)}
      group by 1, 2, 3, 4, 5, 6`
    const { rows } = await withoutSort(client, () => client.query<EntryCount>(text, parameters.values))
    for (const row of rows) all.push(row)
  }
  return all
}

/**
 * Runs a statement that groups by hashing. The open partition has no statistics yet, so that thousands of rows are taken for
 * a few, and sorted with all their text.
 */
export async function withoutSort<T>(client: pg.PoolClient, work: () => Promise<T>): Promise<T> {
  await client.query('set local enable_sort = off')
  const result = await work()
  await client.query('set local enable_sort = on')
  return result
}
