import type pg from 'pg'

/**
 * Takes the folded counts of [lower, upper) out of minutes, hours, days and months. For a transaction that holds
 * `COUNTS_LOCK`; nobody waits for it, since only its holder changes these tables.
 *
 * @param lower a whole minute, as `upper`
 * @returns how many rows they counted
 */
export async function removeFoldedCounts(
  client: pg.PoolClient,
  lower: string,
  upper: string,
): Promise<number> {
  const { rows } = await client.query<{ removed: number }>({
    name: 'remove_folded_counts',
    text: REMOVE,
    values: [lower, upper],
  })
  await dropEmptyCounts(client, lower, upper)
  return rows[0]?.removed ?? 0
}

/** Takes out what of [lower, upper) is not folded yet; returns how many rows that counted. */
export async function removePendingCounts(
  client: pg.PoolClient,
  lower: string,
  upper: string,
): Promise<number> {
  const { rows } = await client.query<{ removed: number }>({
    name: 'remove_pending_counts',
    text: `
      with removed as (
        delete from log_counts_pending
        where bucket >= $1 and bucket < $2
        returning rows
      )
      select coalesce(sum(rows), 0)::bigint as removed
      from removed`,
    values: [lower, upper],
  })
  return rows[0]?.removed ?? 0
}

/** Drops counts of nothing, left where rows were deleted. For a transaction that holds `COUNTS_LOCK`. */
export async function dropEmptyCounts(client: pg.PoolClient, lower: string, upper: string): Promise<void> {
  for (const grain of ['minute', 'hour', 'day', 'month']) {
    await client.query({
      name: `drop_empty_${grain}_counts`,
      text: `
        delete from log_counts_${grain}
        where rows = 0 and bucket >= date_trunc('${grain}', $1::timestamptz) and bucket < $2`,
      values: [lower, upper],
    })
  }
}

const lowered = (grain: string) => `
  ${grain}s as (
    update log_counts_${grain} c
    set rows = c.rows - r.rows
    from (
      select date_trunc('${grain}', bucket) as bucket, level, source, camera_id, sum(rows) as rows
      from removed
      group by 1, 2, 3, 4
    ) r
    where c.bucket = r.bucket and c.level = r.level and c.source = r.source
      and c.camera_id is not distinct from r.camera_id
  )`

const REMOVE = `
  with removed as (
    delete from log_counts_minute
    where bucket >= $1 and bucket < $2
    returning bucket, level, source, camera_id, rows
  ), ${lowered('hour')}, ${lowered('day')}, ${lowered('month')}
  select coalesce(sum(rows), 0)::bigint as removed
  from removed`
