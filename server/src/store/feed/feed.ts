import type pg from 'pg'
import { everyRow } from '../blocks/every-row.ts'
import { LONGEST_ROW_BYTES, type LogRow, queryWithin, ROW_BYTES, withCameras } from '../database/reader.ts'
import { SqlParameters } from '../database/sql-parameters.ts'
import { LOG_COLUMN_LIST } from '../database/table-names.ts'
import { floorTo, fromMillis, MINUTE } from '../database/timestamp.ts'
import { isCountable, type LogFilter, variantConditions } from '../filter/log-filter.ts'
import { MAX_PARTITIONS_A_STATEMENT, type Partitions } from '../partitions/partitions.ts'

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

/** The next rows that match a filter, in the order of commits. */
export type FeedStep = {
  rows: FeedRow[]
  /** Whether the entries have more rows, left out because these are long. */
  isCut: boolean
}

/** Entries with more rows than this together are read in several goes. */
const MAX_ROWS_A_READ = 5000

/** Text of the rows of a step. A larger bound would not save much: 1 MB is thousands of lines of a usual length. */
const STEP_BYTES = 1024 * 1024

/** Memory that the text of a step takes at most: a step ends with the row that passes its bound. */
export const LONGEST_STEP_BYTES = STEP_BYTES + LONGEST_ROW_BYTES

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

  /**
   * The rows of the entries that match the filter, from the first on, as many as make 1 MB of text (at least one).
   *
   * @param after index of a row of the first entry; those up to it are passed over
   */
  async rowsOf(
    entries: readonly FeedEntry[],
    asked: LogFilter,
    { after = -1, signal }: { after?: number; signal?: AbortSignal } = {},
  ): Promise<FeedStep> {
    const filter = { ...asked, deleted_cameras: await this.#deletedCameras() }
    let ranges = rangesOf(entries, after)
    let rows: MeasuredRow[] = []
    let isCut = false
    for (const { lower, upper } of await this.stretches(entries)) {
      const { text, values } = feedRowsStatement(ranges, filter, lower, upper)
      const limits = { signal, timeoutMs: isCountable(filter) ? undefined : MATCH_TIMEOUT_MS }
      const found = await queryWithin<MeasuredRow>(this.#pool, text, values, limits)
      // One by one: a call takes some 120,000 arguments.
      for (const row of found.rows) rows.push(row)
      rows.sort((a, b) => a.feed_id - b.feed_id || a.id - b.id)
      const end = endOfStep(rows)
      isCut ||= end < rows.length || sizeOf(rows) > STEP_BYTES
      if (!isCut) continue
      // Rows of other stretches may belong before the last of these, and none after it are needed.
      rows = rows.slice(0, end)
      ranges = rangesUpTo(ranges, rows.at(-1))
    }
    return { rows: rows.map(({ own_bytes: _, ...row }) => row), isCut }
  }

  /**
   * The time the entries reach into, cut where sixteen partitions are in it, half-open. Without gaps: in one may be a
   * partition that another server made a moment ago.
   */
  async stretches(
    entries: readonly Pick<FeedEntry, 'first_timestamp' | 'last_timestamp'>[],
  ): Promise<{ lower: string; upper: string }[]> {
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

type MeasuredRow = FeedRow & { own_bytes: number }

function rangesUpTo(ranges: readonly IdRange[], row: FeedRow | undefined): IdRange[] {
  if (!row) return [...ranges]
  return ranges
    .filter(({ feedId }) => feedId <= row.feed_id)
    .map((range) => (range.feedId === row.feed_id ? { ...range, lastId: row.id } : range))
}

/** How many of the rows a step has: up to the row that passes its bound. */
function endOfStep(rows: readonly MeasuredRow[]): number {
  let bytes = 0
  const last = rows.findIndex((row) => {
    bytes += row.own_bytes
    return bytes > STEP_BYTES
  })
  return last === -1 ? rows.length : last + 1
}

function sizeOf(rows: readonly MeasuredRow[]): number {
  return rows.reduce((sum, row) => sum + row.own_bytes, 0)
}

function feedRowsStatement(
  ranges: readonly IdRange[],
  filter: LogFilter,
  lower: string,
  upper: string,
): { text: string; values: unknown[] } {
  const parameters = new SqlParameters()
  const rows = entryRows(ranges, { lower, upper }, variantConditions(filter, parameters), parameters)
  const stepBytes = parameters.add(STEP_BYTES)
  const relation = `
    select measured.*, sum(own_bytes) over (order by feed_id, id rows unbounded preceding) as bytes
    from (
      select e.feed_id, r.id - e.entry_first_id as feed_index, r.*, ${ROW_BYTES} as own_bytes
      from ${rows}
    ) measured`
  const text = `${withCameras('feed_rows', relation, ', l.feed_id, l.feed_index, l.own_bytes')}
  where l.bytes - l.own_bytes <= ${stepBytes}::bigint`
  return { text, values: parameters.values }
}

/** Ids of an entry whose rows are to be read. */
type IdRange = { feedId: number; entryFirstId: number; firstId: number; lastId: number }

/** @param after index of a row of the first entry; those up to it are passed over */
export function rangesOf(
  entries: readonly { id: number; first_id: number; last_id: number }[],
  after = -1,
): IdRange[] {
  return entries.map(({ id, first_id, last_id }, index) => ({
    ...{ feedId: id, entryFirstId: first_id, lastId: last_id },
    firstId: index === 0 ? first_id + after + 1 : first_id,
  }))
}

/**
 * The part after `from` in a statement about the rows `r` of entries `e (feed_id, entry_first_id, first_id, last_id)`.
 *
 * @param stretch half-open; at most sixteen partitions
 * @param conditions on the columns of `logs`
 */
export function entryRows(
  ranges: readonly IdRange[],
  { lower, upper }: { lower: string; upper: string },
  conditions: readonly string[],
  parameters: SqlParameters,
  columns = LOG_COLUMN_LIST,
): string {
  // No index serves an `or` of these two, but partitions are chosen by it. In a partition without statistics the planner
  // would take the index on time for the best one, and pass over the rows of all entries for each.
  const all = [
    `(timestamp >= ${parameters.add(lower)}::timestamptz or timestamp = 'infinity')`,
    `(timestamp < ${parameters.add(upper)}::timestamptz or timestamp = 'infinity')`,
    ...conditions,
    'id between e.first_id and e.last_id',
  ]
  const choice = {
    select: columns,
    where: all.join(' and '),
    within: { from: lower, to: upper },
    blocks: ['b.first_id <= e.last_id', 'b.last_id >= e.first_id'],
  }
  const feedIds = parameters.add(ranges.map(({ feedId }) => feedId))
  const entryFirstIds = parameters.add(ranges.map(({ entryFirstId }) => entryFirstId))
  const firstIds = parameters.add(ranges.map(({ firstId }) => firstId))
  const lastIds = parameters.add(ranges.map(({ lastId }) => lastId))
  // Lateral with a range on the primary key's first column: one index range an entry, for any size of the table.
  return `unnest(${feedIds}::bigint[], ${entryFirstIds}::bigint[], ${firstIds}::bigint[], ${lastIds}::bigint[])
        as e (feed_id, entry_first_id, first_id, last_id)
      cross join lateral (
        select *
        from ${everyRow(choice, parameters)} every
        offset 0
      ) r`
}
