import type pg from 'pg'

/** Hours an entry stays in the feed: as long a reader may be away and still resume without a gap. */
const KEPT_HOURS = 24

/** Days an entry waits for the alert rules to be evaluated over it. */
const MOST_DAYS = 7

/**
 * Takes entries older than a day out of the feed and keeps where their ids are. Neighbours of the same hours are folded
 * into one range, but only when their ids follow each other without a gap: servers draw ids in blocks, so a gap may
 * hold batches of any time, also ones that come later. Ranges without gaps never overlap; each id is in one at most.
 *
 * @returns how many entries left the feed
 */
export async function trimFeed(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ trimmed: number }>({
    name: 'trim_feed',
    text: `
      with alerts as (
        -- Without rules nobody waits for the position.
        select coalesce(
          (select feed_id from alert_position where exists (select 1 from alert_rules where enabled)),
          9223372036854775807
        ) as evaluated_to
      ), gone as (
        delete from log_feed
        where created_at < now() - $1::integer * interval '1 hour'
          and (
            id <= (select evaluated_to from alerts)
            or created_at < now() - ${MOST_DAYS} * interval '1 day'
          )
        returning id, first_id, last_id, first_timestamp, last_timestamp,
          (date_trunc('hour', first_timestamp), date_trunc('hour', last_timestamp)) as hours
      ), missed as (
        update alert_position
        set trimmed_to = greatest(trimmed_to, (select max(id) from gone))
        where feed_id < (select max(id) from gone)
      ), counts as (
        delete from log_feed_counts where feed_id <= (select max(id) from gone)
      ), marked as (
        select *, (
          first_id = lag(last_id) over by_id + 1 and hours = lag(hours) over by_id
        ) is not true as begins
        from gone
        window by_id as (order by first_id)
      ), numbered as (
        select *, count(*) filter (where begins) over (order by first_id) as range
        from marked
      ), kept as (
        insert into log_id_ranges (first_id, last_id, first_timestamp, last_timestamp)
        select min(first_id), max(last_id), min(first_timestamp), max(last_timestamp)
        from numbered
        group by range
      ), outlived as (
        delete from log_id_ranges
        where last_timestamp < (select min(lower) from log_partitions)
      )
      select count(*) as trimmed
      from gone`,
    values: [KEPT_HOURS],
  })
  return rows[0]?.trimmed ?? 0
}
