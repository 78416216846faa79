import type pg from 'pg'
import { SqlParameters } from '../database/sql-parameters.ts'
import { toMillis } from '../database/timestamp.ts'
import { entryRows, type Feed, rangesOf } from '../feed/feed.ts'
import { type Dimensions, IS_OWN, MINUTE_OF } from './alert-matches.ts'
import type { CommittedEntry } from './alert-position.ts'

/** Lines that have their dimensions and their minute in common; instants in milliseconds. */
export type CountedLines = Dimensions & {
  is_own: boolean
  minute: number
  rows: number
  first: number
  last: number
}

/** Lines of an entry. */
export type EntryCount = CountedLines & { feed_id: number }

/** The text in `log_feed_counts`, as `countsText` writes it: eight numbers of each group of lines. */
export type KeptCounts = { sources: string[]; levels: string[]; lines: number[] }
const NUMBERS = 8

function readCounts(feed_id: number, text: string): EntryCount[] {
  const { sources, levels, lines }: KeptCounts = JSON.parse(text)
  const counts: EntryCount[] = []
  for (let at = 0; at < lines.length; at += NUMBERS) {
    const [source, level, camera, own, minute, rows, first, last] = lines.slice(at, at + NUMBERS) as [
      ...[number, number, number, number],
      ...[number, number, number, number],
    ]
    counts.push({
      ...{ feed_id, level: levels[level] ?? '', source: sources[source] ?? '' },
      ...{ camera_id: camera || null, is_own: own === 1 },
      ...{ minute, rows, first: minute + first, last: minute + last },
    })
  }
  return counts
}

/**
 * All lines of the entries, counted by what the rules without a text ask for: as the servers counted them that wrote them,
 * and from the rows where that is not kept.
 */
export async function countEntries(
  client: pg.PoolClient,
  feed: Feed,
  entries: readonly CommittedEntry[],
): Promise<EntryCount[]> {
  const { rows } = await client.query<{ feed_id: number; counts: string }>({
    name: 'kept_entry_counts',
    text: `
      select feed_id, counts
      from log_feed_counts
      where feed_id = any ($1::bigint[])`,
    values: [entries.map(({ id }) => id)],
  })
  const kept = new Map(rows.map(({ feed_id, counts }) => [feed_id, counts]))
  const others = entries.filter(({ id }) => !kept.has(id))
  const all = others.length === 0 ? [] : await countRows(client, feed, others)
  for (const [feed_id, counts] of kept) for (const count of readCounts(feed_id, counts)) all.push(count)
  return all
}

type CountRow = Omit<EntryCount, 'minute' | 'first' | 'last'> & Record<'minute' | 'first' | 'last', string>

/** The lines of the entries, counted from the rows that are still there. */
export async function countRows(
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
    const { rows } = await withoutSort(client, () => client.query<CountRow>(text, parameters.values))
    for (const { minute, first, last, ...row } of rows) {
      all.push({ ...row, minute: toMillis(minute), first: toMillis(first), last: toMillis(last) })
    }
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
