import type pg from 'pg'
import { LOG_COLUMN_LIST } from '../database/log-columns.ts'
import { queryWithin } from '../database/reader.ts'
import { SqlParameters } from '../database/sql-parameters.ts'
import { floorTo, fromMillis, MINUTE } from '../database/timestamp.ts'
import { isCountable, type LogFilter, variantConditions } from '../filter/log-filter.ts'
import { MAX_PARTITIONS_A_STATEMENT, type Partitions } from '../partitions/partitions.ts'
import { type LogRow, withCameras } from '../reading/log-row.ts'

/** One committed batch, in commit order. */
export type FeedEntry = {
  id: number
  first_id: number
  last_id: number
  first_timestamp: string
  last_timestamp: string
  rows: number
}

/** A row as the feed gives it: its entry, and its index among the ids of the entry. */
export type FeedRow = LogRow & { feed_id: number; feed_index: number }

/** Entries with more rows than this together are read in several goes. */
const MAX_ROWS_A_READ = 5000

/** How long text may be compared with the rows of a read: a regular expression can take for ever with a long line. */
const MATCH_TIMEOUT_MS = 10_000

/** The committed batches, in the order they were committed. */
export class Feed {
  readonly #pool: pg.Pool
  readonly #partitions: Partitions
  readonly #deletedCameras: () => Promise<readonly number[]>

  constructor(
    pool: pg.Pool,
    partitions: Partitions,
    deletedCameras: () => Promise<readonly number[]> = async () => [],
  ) {
    this.#pool = pool
    this.#partitions = partitions
    this.#deletedCameras = deletedCameras
  }

  /** The id of the newest entry; 0 when there has never been one. */
  async head(): Promise<number> {
    const { rows } = await this.#pool.query<{ id: number }>({
      name: 'feed_head',
      text: `
        select coalesce(
          (select id from log_feed order by id desc limit 1),
          (select case when is_called then last_value else 0 end from log_feed_ids)
        ) as id`,
    })
    return rows[0]?.id ?? 0
  }

  /** Whether nothing after `id` has left the feed. */
  async reachesBackTo(id: number): Promise<boolean> {
    const { rows } = await this.#pool.query<{ id: number }>({
      name: 'feed_tail',
      text: 'select id from log_feed order by id limit 1',
    })
    const oldest = rows[0]?.id
    return oldest === undefined ? id >= (await this.head()) : id >= oldest - 1
  }

  /** The entries after `after`, oldest first, as many as make at most 5,000 rows (at least one entry). */
  async entriesAfter(after: number): Promise<FeedEntry[]> {
    const { rows } = await this.#pool.query<FeedEntry>({
      name: 'feed_entries_after',
      text: `
        select id, first_id, last_id, first_timestamp, last_timestamp, rows
        from log_feed
        where id > $1
        order by id
        limit 200`,
      values: [after],
    })
    let total = 0
    const end = rows.findIndex((entry, index) => {
      total += entry.rows
      return index > 0 && total > MAX_ROWS_A_READ
    })
    return end === -1 ? rows : rows.slice(0, end)
  }

  /** The rows of the entries that match the filter, in the order of commits. */
  async rowsOf(entries: readonly FeedEntry[], asked: LogFilter, signal?: AbortSignal): Promise<FeedRow[]> {
    const filter = { ...asked, deleted_cameras: await this.#deletedCameras() }
    const rows: FeedRow[] = []
    for (const { lower, upper } of await this.#stretches(entries)) {
      const { text, values } = feedRowsStatement(entries, filter, lower, upper)
      const limits = { signal, timeoutMs: isCountable(filter) ? undefined : MATCH_TIMEOUT_MS }
      rows.push(...(await queryWithin<FeedRow>(this.#pool, text, values, limits)).rows)
    }
    return rows.sort((a, b) => a.feed_id - b.feed_id || a.id - b.id)
  }

  /**
   * The time the entries reach into, cut where sixteen partitions are in it, half-open. Without gaps: in one may be a
   * partition that another server made a moment ago.
   */
  async #stretches(entries: readonly FeedEntry[]): Promise<{ lower: string; upper: string }[]> {
    const first = entries.map((entry) => entry.first_timestamp).sort()[0]
    const last = entries
      .map((entry) => entry.last_timestamp)
      .sort()
      .at(-1)
    if (first === undefined || last === undefined) return []
    const partitions = await this.#partitions.overlapping(first, last)
    const cuts = partitions
      .slice(0, -1)
      .filter((_, index) => (index + 1) % MAX_PARTITIONS_A_STATEMENT === 0)
      .map(({ lower }) => lower)
    const afterLast = fromMillis(floorTo(last, MINUTE) + MINUTE)
    return [...cuts, first].map((lower, index) => ({ lower, upper: cuts[index - 1] ?? afterLast }))
  }
}

function feedRowsStatement(
  entries: readonly FeedEntry[],
  filter: LogFilter,
  lower: string,
  upper: string,
): { text: string; values: unknown[] } {
  const parameters = new SqlParameters()
  const conditions = [
    `timestamp >= ${parameters.add(lower)}::timestamptz`,
    `timestamp < ${parameters.add(upper)}::timestamptz`,
    ...variantConditions(filter, parameters),
  ]
  const feedIds = parameters.add(entries.map((entry) => entry.id))
  const firstIds = parameters.add(entries.map((entry) => entry.first_id))
  const lastIds = parameters.add(entries.map((entry) => entry.last_id))
  // Lateral with a range on the primary key's first column: one index range an entry, whatever the table holds.
  const relation = `
    select e.feed_id, r.id - e.first_id as feed_index, r.*
    from unnest(${feedIds}::bigint[], ${firstIds}::bigint[], ${lastIds}::bigint[]) as e (feed_id, first_id, last_id)
    cross join lateral (
      select ${LOG_COLUMN_LIST}
      from logs
      where id between e.first_id and e.last_id and ${conditions.join(' and ')}
      offset 0
    ) r`
  const text = withCameras('feed_rows', relation, ', l.feed_id, l.feed_index')
  return { text, values: parameters.values }
}
