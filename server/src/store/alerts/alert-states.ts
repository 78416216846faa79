import type pg from 'pg'

/** The kept state of a group of a rule. */
export type StoredState = {
  rule_id: number
  group_key: string
  /** The threshold that it is the state of; 0 for the rule's own condition. */
  tier: number
  state: string
  since: string
  incident: number | null
  value: number | null
  first_at: string | null
  last_at: string | null
  extended_at: string | null
  seen_at: string | null
  came_at: string | null
  sightings: number
  judged_from: string | null
  judged_to: string | null
  due_at: string | null
  /** Lines that came too far from their own time to count in a window. */
  too_late: number
  /** The last gaps between its minutes with lines, in minutes; null where its cadence does not matter. */
  gaps: number[] | null
  told_incident: number | null
  is_owed: boolean
}

export type GroupKey = { rule_id: number; group_key: string }

const COLUMNS = `rule_id, group_key, tier, state, since, incident, value, first_at, last_at, extended_at, seen_at,
        came_at, sightings, judged_from, judged_to, due_at, too_late, gaps, told_incident, is_owed`

/** The states of these groups, of those that are due by an instant, and of those that are owed a notice; each at all thresholds. */
export async function loadStates(
  client: pg.PoolClient,
  keys: readonly GroupKey[],
  dueBy: string,
): Promise<StoredState[]> {
  const { rows } = await client.query<StoredState>({
    name: 'load_alert_states',
    text: `
      with wanted as (
        select rule_id as rule, group_key as key
        from alert_states
        where due_at <= $3::timestamptz
        union
        select rule_id, group_key
        from alert_states
        where is_owed
        union
        select *
        from unnest($1::bigint[], $2::text[])
      )
      select ${COLUMNS}
      from wanted
      join alert_states on rule_id = rule and group_key = key`,
    values: [keys.map(({ rule_id }) => rule_id), keys.map(({ group_key }) => group_key), dueBy],
  })
  return rows
}

/** How many groups each rule has. */
export async function countGroups(client: pg.PoolClient): Promise<Map<number, number>> {
  const { rows } = await client.query<{ rule_id: number; groups: number }>({
    name: 'count_alert_groups',
    text: `
      select rule_id, count(*) as groups
      from alert_states
      where tier = 0
      group by rule_id`,
  })
  return new Map(rows.map(({ rule_id, groups }) => [rule_id, groups]))
}

/** Writes states, new ones and those that were there. */
export async function saveStates(client: pg.PoolClient, states: readonly StoredState[]): Promise<void> {
  if (states.length === 0) return
  await client.query({
    name: 'save_alert_states',
    text: `
      insert into alert_states (${COLUMNS})
      select ${COLUMNS}
      from jsonb_to_recordset($1::jsonb) as s (
        rule_id bigint, group_key text, tier smallint, state text, since timestamptz, incident bigint, value double precision,
        first_at timestamptz, last_at timestamptz, extended_at timestamptz, seen_at timestamptz,
        came_at timestamptz, sightings integer, judged_from timestamptz, judged_to timestamptz,
        due_at timestamptz, too_late bigint, gaps integer[], told_incident bigint, is_owed boolean
      )
      on conflict (rule_id, group_key, tier) do update
      set state = excluded.state, since = excluded.since, incident = excluded.incident, value = excluded.value,
        first_at = excluded.first_at, last_at = excluded.last_at, extended_at = excluded.extended_at,
        seen_at = excluded.seen_at, came_at = excluded.came_at, sightings = excluded.sightings,
        judged_from = excluded.judged_from, judged_to = excluded.judged_to, due_at = excluded.due_at,
        too_late = excluded.too_late, gaps = excluded.gaps, told_incident = excluded.told_incident, is_owed = excluded.is_owed`,
    values: [JSON.stringify(states)],
  })
}

/** Time in which no server evaluated says nothing of silence: these rules' groups are judged from its end on. */
export async function judgeFrom(
  client: pg.PoolClient,
  rules: readonly number[],
  from: string,
): Promise<void> {
  await client.query({
    name: 'judge_alerts_from',
    text: `
      update alert_states
      set judged_from = $2::timestamptz,
        due_at = case when due_at < $2::timestamptz then $2::timestamptz else due_at end
      where rule_id = any ($1::bigint[]) and judged_from is not null`,
    values: [rules, from],
  })
}

/** Leaves the windows of these rules undecided that were over before an instant. */
export async function passOver(
  client: pg.PoolClient,
  rules: readonly number[],
  until: string,
): Promise<void> {
  await client.query({
    name: 'pass_over_alert_windows',
    text: `
      update alert_states
      set judged_to = greatest(judged_to, date_trunc('minute', $2::timestamptz) - interval '1 minute'),
        due_at = greatest(due_at, $2::timestamptz)
      where rule_id = any ($1::bigint[]) and judged_from is not null and due_at is not null`,
    values: [rules, until],
  })
}

/** Forgets what a rule knew; its history stays. */
export async function forgetStates(client: pg.PoolClient, ruleId: number): Promise<void> {
  await client.query({
    name: 'forget_alert_states',
    text: `
      with counts as (
        delete from alert_counts where rule_id = $1
      ), kinds as (
        delete from alert_kinds where rule_id = $1
      )
      delete from alert_states where rule_id = $1`,
    values: [ruleId],
  })
}

/** Forgets counts that no window can need any more, and groups of which nothing came for long. */
export async function pruneAlerts(pool: pg.Pool): Promise<void> {
  await pool.query({
    name: 'prune_alerts',
    text: `
      with mark as (
        select watermark from alert_position
      ), counts as (
        delete from alert_counts c
        where minute < (select watermark from mark) - interval '50 hours'
          and (
            minute < (select watermark from mark) - interval '16 days'
            or not exists (
              select 1
              from alert_rules r
              where r.id = c.rule_id and r.rule -> 'condition' ->> 'kind' = 'usual'
            )
          )
      ), states as (
        delete from alert_states
        where due_at is null and state <> 'firing' and not is_owed
          and greatest(came_at, since) < (select watermark from mark) - interval '14 days'
      ), transitions as (
        delete from alert_transitions where at < (select watermark from mark) - interval '400 days'
      ), deliveries as (
        delete from alert_deliveries
        where state <> 'pending' and ended_at < (select watermark from mark) - interval '30 days'
      ), signs as (
        delete from alert_signs where seen_at < (select watermark from mark) - interval '1 day'
      )
      delete from alert_silences where ends_at < (select watermark from mark) - interval '30 days'`,
  })
}

/** Groups of these rules at each threshold, those that fire first; the first thousand. */
export async function listStates(pool: pg.Pool, rules: readonly number[]): Promise<StoredState[]> {
  const { rows } = await pool.query<StoredState>({
    name: 'list_alert_states',
    text: `
      select ${COLUMNS}
      from alert_states
      where rule_id = any ($1::bigint[])
      order by (state = 'firing') desc, since desc, rule_id, group_key
      limit 1000`,
    values: [rules],
  })
  return rows
}

/** How many groups each of these rules has, and how many of them fire. */
export async function countStates(
  pool: pg.Pool,
  rules: readonly number[],
): Promise<Map<number, { groups: number; firing: number }>> {
  const { rows } = await pool.query<{ rule_id: number; groups: number; firing: number }>({
    name: 'count_alert_states',
    text: `
      select rule_id, count(*) as groups, count(*) filter (where state = 'firing') as firing
      from alert_states
      where rule_id = any ($1::bigint[]) and tier = 0
      group by rule_id`,
    values: [rules],
  })
  return new Map(rows.map(({ rule_id, ...counts }) => [rule_id, counts]))
}

/** The firing groups of a rule, and the groups whose recovery was not notified yet. */
export async function firingStates(client: pg.PoolClient, ruleId: number): Promise<StoredState[]> {
  const { rows } = await client.query<StoredState>({
    name: 'firing_alert_states',
    text: `
      select ${COLUMNS}
      from alert_states
      where rule_id = $1 and (state = 'firing' or told_incident is not null)
      order by group_key, tier`,
    values: [ruleId],
  })
  return rows
}

/** The lines of a group that came too late to count, and its gaps; undefined for a group that is not known. */
export async function readGroup(
  pool: pg.Pool,
  { rule_id, group_key }: GroupKey,
): Promise<Pick<StoredState, 'too_late' | 'gaps'> | undefined> {
  const { rows } = await pool.query<Pick<StoredState, 'too_late' | 'gaps'>>({
    name: 'read_alert_group',
    text: `
      select too_late, gaps
      from alert_states
      where rule_id = $1 and group_key = $2 and tier = 0`,
    values: [rule_id, group_key],
  })
  return rows[0]
}
