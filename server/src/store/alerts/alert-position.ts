import type pg from 'pg'

/** 7,469,010: 'alerts'. Held by the transaction that evaluates, and by each that changes a rule. */
const ALERT_LOCK = 7469010

/** Rows of the entries of one step at most, and how many entries: a second of the fastest writing. */
export const MAX_ROWS_A_STEP = 50_000
const MAX_ENTRIES_A_STEP = 1000

/** How far the feed is evaluated. */
export type AlertPosition = {
  feed_id: number
  watermark: string
  trimmed_to: number
  rules_version: number
  /** The newest entry there is. */
  head: number
}

/** An entry of the feed with the time of its commit. */
export type CommittedEntry = {
  id: number
  first_id: number
  last_id: number
  first_timestamp: string
  last_timestamp: string
  rows: number
  created_at: string
  /** Imported lines are passed over. */
  is_import: boolean
}

/** The present by the database; entries that come into sight later were committed later. */
export async function tick(pool: pg.Pool): Promise<string> {
  const { rows } = await pool.query<{ at: string }>({
    name: 'alert_tick',
    text: 'select alert_tick() as at',
  })
  return rows[0]?.at ?? ''
}

/** The present by the database, for what is no evaluation: a tick holds up intake until its transaction ends. */
export async function present(reader: pg.Pool | pg.PoolClient): Promise<string> {
  const { rows } = await reader.query<{ at: string }>({
    name: 'alert_present',
    text: 'select log_clock() as at',
  })
  return rows[0]?.at ?? ''
}

/** Up to when all that was committed is evaluated; undefined when nothing ever was. */
export async function readWatermark(pool: pg.Pool): Promise<string | undefined> {
  const { rows } = await pool.query<{ watermark: string }>({
    name: 'read_alert_watermark',
    text: 'select watermark from alert_position',
  })
  return rows[0]?.watermark
}

/** Whether this transaction is the one that evaluates, until it ends. */
export async function tryToEvaluate(client: pg.PoolClient): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>({
    name: 'lock_alerts',
    text: 'select pg_try_advisory_xact_lock($1) as locked',
    values: [ALERT_LOCK],
  })
  return rows[0]?.locked ?? false
}

/** Waits until nobody evaluates, and keeps everybody from it until the transaction ends. */
export async function keepFromEvaluating(client: pg.PoolClient): Promise<void> {
  await client.query({
    name: 'hold_alerts',
    text: 'select pg_advisory_xact_lock($1)',
    values: [ALERT_LOCK],
  })
}

/** The position, which is the newest entry when there has never been one. */
export async function readPosition(client: pg.PoolClient): Promise<AlertPosition> {
  const { rows } = await client.query<AlertPosition>({
    name: 'read_alert_position',
    text: `
      with head as (
        select coalesce(
          (select id from log_feed order by id desc limit 1),
          (select case when is_called then last_value else 0 end from log_feed_ids)
        ) as id
      ), made as (
        insert into alert_position (feed_id, watermark)
        select id, log_clock()
        from head
        on conflict do nothing
        returning feed_id, watermark, trimmed_to, rules_version
      )
      select p.*, head.id as head
      from (
        select feed_id, watermark, trimmed_to, rules_version from alert_position
        union all
        select * from made
      ) p, head`,
  })
  const [position] = rows
  if (!position) throw new Error('The position of the alerts was made by another transaction meanwhile')
  return position
}

/** Moves the position on, and lets go of the counts of the entries that it passes. */
export async function savePosition(
  client: pg.PoolClient,
  { feed_id, watermark }: Pick<AlertPosition, 'feed_id' | 'watermark'>,
): Promise<void> {
  await client.query({
    name: 'save_alert_position',
    text: `
      with evaluated as (
        delete from log_feed_counts
        where feed_id > (select feed_id from alert_position) and feed_id <= $1
      )
      update alert_position
      set feed_id = $1, watermark = $2::timestamptz, trimmed_to = 0`,
    values: [feed_id, watermark],
  })
}

/** The number of changes of rules so far. */
export async function readRulesVersion(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ rules_version: number }>({
    name: 'read_alert_rules_version',
    text: 'select rules_version from alert_position',
  })
  return rows[0]?.rules_version ?? 0
}

/** Notes that the rules are others now, and tells every server once this is committed. */
export async function raiseRulesVersion(client: pg.PoolClient): Promise<void> {
  await client.query({
    name: 'raise_alert_rules_version',
    text: `
      with raised as (
        update alert_position
        set rules_version = rules_version + 1
        returning rules_version
      )
      select pg_notify('alerts', rules_version::text)
      from raised`,
  })
}

/** The entries after one, oldest first, until they have `maxRows` rows; at least one when there is one. */
export async function entriesAfter(
  client: pg.PoolClient,
  after: number,
  maxRows: number,
): Promise<CommittedEntry[]> {
  const { rows } = await client.query<CommittedEntry & { before: number }>({
    name: 'alert_entries_after',
    text: `
      select id, first_id, last_id, first_timestamp, last_timestamp, rows, created_at, is_import
      from (
        select *, sum(rows) over (order by id) - rows as before
        from (
          select *
          from log_feed
          where id > $1
          order by id
          limit ${MAX_ENTRIES_A_STEP}
        ) next
      ) e
      where before < $2
      order by id`,
    values: [after, maxRows],
  })
  return rows
}
