import { LEVELS, type Level } from '@timelapser/logger'
import type pg from 'pg'
import { SqlParameters } from '../database/sql-parameters.ts'
import { entryRows, type Feed, rangesOf } from '../feed/feed.ts'
import { isOneOf } from '../filter/search-conditions.ts'
import { partsOf } from './alert-matches.ts'
import type { CommittedEntry } from './alert-position.ts'
import { withoutSort } from './entry-counts.ts'

/** Stands between the texts of two lines. */
export const SEPARATOR = '\x1e'

/** Takes the place of a message that is too long to be read: its case is not known, so that it may match anything. */
export const UNREAD = '\u212a'

/** A longer message is not handed over: with those of 5,000 rows this is 10 MB. */
const LONGEST_READ = 2048

/** Texts of an entry's lines, joined by the separator, each in the same order; one that holds it makes their number wrong. */
export type EntryMessages = {
  feed_id: number
  rows: number
  messages: string
  levels: string
  /** Empty for a line without a logger. */
  loggers: string
  /** Ids less the first one of the entry, as PostgreSQL writes an array. */
  offsets: string
}

/** The messages of the entries' lines of these levels, one row an entry: many lines travel as one text. */
export async function readMessages(
  client: pg.PoolClient,
  feed: Feed,
  entries: readonly CommittedEntry[],
  levels: readonly Level[],
): Promise<EntryMessages[]> {
  const all: EntryMessages[] = []
  for (const part of partsOf(entries)) {
    for (const stretch of await feed.stretches(part)) {
      const parameters = new SqlParameters()
      const conditions = levels.length < LEVELS.length ? [isOneOf('level', levels, 'text', parameters)] : []
      const unread = `${parameters.add(UNREAD)}::text`
      const columns = `id, level, logger_name,
          case when octet_length(message) <= ${LONGEST_READ} then message else ${unread} end as message`
      const joined = (text: string) => `string_agg(${text}, ${separator})`
      const separator = `${parameters.add(SEPARATOR)}::text`
      const text = `
      /* alert_entry_messages */
      select e.feed_id, count(*) as rows, ${joined('r.message')} as messages, ${joined('r.level')} as levels,
        ${joined(`coalesce(r.logger_name, '')`)} as loggers,
        array_agg((r.id - e.entry_first_id)::integer)::text as offsets
      from ${entryRows(rangesOf(part), stretch, conditions, parameters, columns)}
      group by e.feed_id`
      const { rows } = await withoutSort(client, () => client.query<EntryMessages>(text, parameters.values))
      for (const row of rows) all.push(row)
    }
  }
  return all
}
