import type pg from 'pg'

/** Hours an entry stays in the feed: as long a reader may be away and still resume without a gap. */
const KEPT_HOURS = 24

/** Entries folded into one range at most; the wider the range, the more partitions a look-up by id has to try. */
const ENTRIES_A_RANGE = 200

/**
 * Takes entries older than a day out of the feed and keeps where their ids are: neighbours of the same hour are
 * folded into one range.
 *
 * @returns how many entries left the feed
 */
export async function trimFeed(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ trimmed: number }>({
    name: 'trim_feed',
    text: `
      with gone as (
        delete from log_feed
        where created_at < now() - $1::integer * interval '1 hour'
        returning first_id, last_id, first_timestamp, last_timestamp
      ), numbered as (
        select *, (row_number() over (order by first_id)) / $2::integer as range
        from gone
      ), kept as (
        insert into log_id_ranges (first_id, last_id, first_timestamp, last_timestamp)
        select min(first_id), max(last_id), min(first_timestamp), max(last_timestamp)
        from numbered
        group by range, date_trunc('hour', first_timestamp)
        on conflict (first_id) do nothing
      )
      select count(*) as trimmed
      from gone`,
    values: [KEPT_HOURS, ENTRIES_A_RANGE],
  })
  return rows[0]?.trimmed ?? 0
}
