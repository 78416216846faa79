// Lines of each group by minute of their own time, for the windows that count.
import type pg from 'pg'
import type { GroupKey } from './alert-states.ts'

export type MinuteCount = GroupKey & {
  minute: string
  rows: number
  /** Lines that the share is taken of. */
  whole: number
  /** Figures of the numbers; null where there are none. */
  numbers: unknown
}

/** Minutes of these groups, each from an instant to another one. */
export async function loadCounts(
  client: pg.PoolClient | pg.Pool,
  groups: readonly (GroupKey & { from: string; to: string })[],
): Promise<MinuteCount[]> {
  if (groups.length === 0) return []
  const { rows } = await client.query<MinuteCount>({
    name: 'load_alert_counts',
    text: `
      select c.rule_id, c.group_key, c.minute, c.rows, c.whole, c.numbers
      from unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[]) as k (rule, key, since, until)
      join alert_counts c
        on c.rule_id = k.rule and c.group_key = k.key and c.minute >= k.since and c.minute <= k.until`,
    values: [
      groups.map(({ rule_id }) => rule_id),
      groups.map(({ group_key }) => group_key),
      groups.map(({ from }) => from),
      groups.map(({ to }) => to),
    ],
  })
  return rows
}

/** The first minute of each of these groups of which lines were counted. */
export async function firstCounted(
  client: pg.PoolClient | pg.Pool,
  groups: readonly GroupKey[],
): Promise<(GroupKey & { minute: string })[]> {
  if (groups.length === 0) return []
  const { rows } = await client.query<GroupKey & { minute: string }>({
    name: 'first_alert_counts',
    text: `
      select k.rule as rule_id, k.key as group_key, c.minute
      from unnest($1::bigint[], $2::text[]) as k (rule, key)
      cross join lateral (
        select minute
        from alert_counts
        where rule_id = k.rule and group_key = k.key
        order by minute
        limit 1
      ) c`,
    values: [groups.map(({ rule_id }) => rule_id), groups.map(({ group_key }) => group_key)],
  })
  return rows
}

/** Adds lines to what is counted; numbers take the place of those that are kept. */
export async function addCounts(client: pg.PoolClient, counts: readonly MinuteCount[]): Promise<void> {
  if (counts.length === 0) return
  await client.query({
    name: 'add_alert_counts',
    text: `
      insert into alert_counts (rule_id, group_key, minute, rows, whole, numbers)
      select *
      from unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::bigint[], $5::bigint[], $6::jsonb[])
      on conflict (rule_id, group_key, minute) do update
      set rows = alert_counts.rows + excluded.rows, whole = alert_counts.whole + excluded.whole,
        numbers = coalesce(excluded.numbers, alert_counts.numbers)`,
    values: [
      counts.map(({ rule_id }) => rule_id),
      counts.map(({ group_key }) => group_key),
      counts.map(({ minute }) => minute),
      counts.map(({ rows }) => rows),
      counts.map(({ whole }) => whole),
      counts.map(({ numbers }) => (numbers === null ? null : JSON.stringify(numbers))),
    ],
  })
}
