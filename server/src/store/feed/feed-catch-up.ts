import type pg from 'pg'
import { everyRow } from '../blocks/every-row.ts'
import { SqlParameters } from '../database/sql-parameters.ts'
import { LOG_COLUMN_LIST } from '../database/table-names.ts'

/** Feed entries one step copies: few enough that a step of full batches takes a fraction of a second. */
const ENTRIES_A_STEP = 50

/** A step that copies more than this share of what the one before did is not getting closer. */
const SHRINKING = 0.8

/** Fewer late rows than this are copied while everyone waits: some 30 ms. */
const MAX_LATE_ROWS = 2000

export type CatchUp = {
  /** A table of the shape of `logs`; all of `logs` when unset. */
  from?: string | undefined
  /** A table of that shape too. */
  into: string
  /** The rows' range, half-open. */
  lower: string
  upper: string
}

/** The newest entry of the feed; every visible row came with it or before. */
export async function feedMark(client: pg.PoolClient): Promise<number> {
  const { rows } = await client.query<{ mark: number }>({
    name: 'feed_mark',
    text: 'select coalesce(max(id), 0) as mark from log_feed',
  })
  return rows[0]?.mark ?? 0
}

/**
 * Copies the rows of the batches that were committed after the mark: the feed is in the order of commits, so the rows
 * that came while a table was being copied is known exactly. What was copied before is left as it is.
 *
 * @returns the new mark and how many entries were read and rows copied; the same mark when there was nothing
 */
export async function catchUp(
  client: pg.PoolClient,
  mark: number,
  { from, into, lower, upper }: CatchUp,
): Promise<{ mark: number; rows: number; entries: number }> {
  const parameters = new SqlParameters()
  const values = { mark: parameters.add(mark), lower: parameters.add(lower), upper: parameters.add(upper) }
  const choice = {
    select: LOG_COLUMN_LIST,
    where: `id between e.first_id and e.last_id and timestamp between e.first_timestamp and e.last_timestamp
          and timestamp >= ${values.lower}::timestamptz and timestamp < ${values.upper}::timestamptz`,
    within: { from: lower, to: upper },
    blocks: ['b.first_id <= e.last_id', 'b.last_id >= e.first_id'],
  }
  const source =
    from === undefined
      ? `${everyRow(choice, parameters)} every`
      : `(select ${LOG_COLUMN_LIST} from ${from} where ${choice.where}) every`
  const text = `
    /* catch_up */
    with entries as materialized (
      select id, first_id, last_id, first_timestamp, last_timestamp
      from log_feed
      where id > $1
      order by id
      limit ${ENTRIES_A_STEP}
    ), copied as (
      insert into ${into} (${LOG_COLUMN_LIST})
      select r.*
      from entries e
      cross join lateral (
        select *
        from ${source}
        offset 0
      ) r
      where e.first_timestamp < $3::timestamptz and e.last_timestamp >= $2::timestamptz
      on conflict do nothing
      returning 1
    )
    select
      (select max(id) from entries) as mark,
      (select count(*) from entries) as entries,
      (select count(*) from copied) as rows`
  const { rows } = await client.query<{ mark: number | null; rows: number; entries: number }>(
    text,
    parameters.values,
  )
  return { mark: rows[0]?.mark ?? mark, rows: rows[0]?.rows ?? 0, entries: rows[0]?.entries ?? 0 }
}

/**
 * Catches up in transactions of its own while others go on writing, until so little is left that it can be copied
 * while everyone waits, or until writers bring as much as is copied.
 *
 * @param step one `catchUp` in its transaction
 * @returns the new mark
 */
export async function catchUpClosely(
  mark: number,
  step: (mark: number) => Promise<{ mark: number; rows: number; entries: number }>,
): Promise<number> {
  let before = Number.POSITIVE_INFINITY
  for (;;) {
    const { rows, entries, ...reached } = await step(mark)
    mark = reached.mark
    const isSteady = rows > before * SHRINKING
    if (entries < ENTRIES_A_STEP && (rows < MAX_LATE_ROWS || isSteady)) return mark
    before = rows
  }
}

/** Catches up until nothing is left to copy, all in the client's transaction. Returns the new mark. */
export async function catchUpFully(client: pg.PoolClient, mark: number, tables: CatchUp): Promise<number> {
  for (let before = mark; ; ) {
    const { mark: after } = await catchUp(client, before, tables)
    if (after === before) return after
    before = after
  }
}
