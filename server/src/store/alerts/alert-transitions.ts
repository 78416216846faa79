import type pg from 'pg'

/** A change of the state of a group, as it was decided. */
export type StoredTransition = {
  id: number
  rule_id: number
  revision: number
  group_key: string
  /** The threshold that it is of; 0 for the rule's own condition. */
  tier: number
  kind: string
  window_key: number
  incident: number
  at: string
  value: number | null
  threshold: number | null
  first_at: string | null
  last_at: string | null
  late_ms: number
  held: string | null
}

export type NewTransition = Omit<StoredTransition, 'id'>

const COLUMNS = `rule_id, revision, group_key, tier, kind, window_key, incident, at, value, threshold, first_at, last_at,
        late_ms, held`

/** Writes what was decided; returns ids in the same order, undefined for what had been decided before. */
export async function addTransitions(
  client: pg.PoolClient,
  transitions: readonly NewTransition[],
): Promise<(number | undefined)[]> {
  if (transitions.length === 0) return []
  const { rows } = await client.query<
    Pick<StoredTransition, 'id' | 'rule_id' | 'group_key' | 'tier' | 'kind' | 'window_key'>
  >({
    name: 'add_alert_transitions',
    text: `
      insert into alert_transitions (${COLUMNS})
      select ${COLUMNS}
      from jsonb_to_recordset($1::jsonb) as t (
        rule_id bigint, revision integer, group_key text, tier smallint, kind text, window_key bigint, incident bigint,
        at timestamptz, value double precision, threshold double precision, first_at timestamptz,
        last_at timestamptz, late_ms bigint, held text
      )
      on conflict (rule_id, revision, group_key, tier, kind, window_key) do nothing
      returning id, rule_id, group_key, tier, kind, window_key`,
    values: [JSON.stringify(transitions)],
  })
  const ids = new Map(rows.map((row) => [keyOf(row), row.id]))
  return transitions.map((transition) => ids.get(keyOf(transition)))
}

function keyOf({
  rule_id,
  group_key,
  tier,
  kind,
  window_key,
}: Pick<StoredTransition, 'rule_id' | 'group_key' | 'tier' | 'kind' | 'window_key'>): string {
  return JSON.stringify([rule_id, group_key, tier, kind, window_key])
}

export type TransitionsAsked = {
  rules: readonly number[]
  /** Those before the one of this id. */
  before: number | undefined
  /** Decided in this range, both ends included. */
  start?: string | undefined
  end?: string | undefined
  limit: number
}

/** Transitions of these rules, newest first. */
export async function listTransitions(
  pool: pg.Pool,
  { rules, before, start, end, limit }: TransitionsAsked,
): Promise<StoredTransition[]> {
  const { rows } = await pool.query<StoredTransition>({
    name: 'list_alert_transitions',
    text: `
      select id, ${COLUMNS}
      from alert_transitions
      where rule_id = any ($1::bigint[]) and ($2::bigint is null or id < $2::bigint)
        and ($4::timestamptz is null or at >= $4::timestamptz)
        and ($5::timestamptz is null or at <= $5::timestamptz)
      order by id desc
      limit $3`,
    values: [rules, before ?? null, limit, start ?? null, end ?? null],
  })
  return rows
}

/** How often these rules fired from an instant up to another one, and in how many groups; rules that did not are left out. */
export async function countFirings(
  pool: pg.Pool,
  { rules, start, end }: { rules: readonly number[]; start: string; end: string },
): Promise<Map<number, { fired: number; groups: number }>> {
  const { rows } = await pool.query<{ rule_id: number; fired: number; groups: number }>({
    name: 'count_alert_firings',
    text: `
      select rule_id, count(*) as fired, count(distinct group_key) as groups
      from alert_transitions
      where at >= $2::timestamptz and at < $3::timestamptz
        and rule_id = any ($1::bigint[]) and kind = 'firing' and tier = 0
      group by rule_id`,
    values: [rules, start, end],
  })
  return new Map(rows.map(({ rule_id, ...counts }) => [rule_id, counts]))
}

/** Transitions of a group, and of the rule itself, up to a moment; newest first. */
export async function transitionsUntil(
  pool: pg.Pool,
  asked: { rule_id: number; group_key: string; at: string; limit: number },
): Promise<StoredTransition[]> {
  const { rows } = await pool.query<StoredTransition>({
    name: 'alert_transitions_until',
    text: `
      select id, ${COLUMNS}
      from alert_transitions
      where rule_id = $1 and at <= $3::timestamptz
        and (group_key = $2 or kind in ('problem', 'recovered'))
      order by at desc, id desc
      limit $4`,
    values: [asked.rule_id, asked.group_key, asked.at, asked.limit],
  })
  return rows
}

/** These, in the order in which they were decided. */
export async function findTransitions(pool: pg.Pool, ids: readonly number[]): Promise<StoredTransition[]> {
  const { rows } = await pool.query<StoredTransition>({
    name: 'find_alert_transitions',
    text: `
      select id, ${COLUMNS}
      from alert_transitions
      where id = any ($1::bigint[])
      order by id`,
    values: [ids],
  })
  return rows
}

/** The transitions with which the incidents of these began, of the condition itself. */
export async function firingsOf(
  pool: pg.Pool,
  transitions: readonly Pick<StoredTransition, 'rule_id' | 'group_key' | 'incident'>[],
): Promise<StoredTransition[]> {
  const { rows } = await pool.query<StoredTransition>({
    name: 'alert_firings_of',
    text: `
      select t.*
      from unnest($1::bigint[], $2::text[], $3::bigint[]) as k (rule, key, begun)
      cross join lateral (
        select id, ${COLUMNS}
        from alert_transitions
        where rule_id = k.rule and group_key = k.key and tier = 0 and kind = 'firing' and incident = k.begun
        order by id desc
        limit 1
      ) t
      order by t.id`,
    values: [
      transitions.map(({ rule_id }) => rule_id),
      transitions.map(({ group_key }) => group_key),
      transitions.map(({ incident }) => incident),
    ],
  })
  return rows
}

/** The newest transition of each of these groups at a threshold. */
export async function newestTransitions(
  client: pg.PoolClient,
  groups: readonly { rule_id: number; group_key: string; tier: number }[],
): Promise<StoredTransition[]> {
  if (groups.length === 0) return []
  const { rows } = await client.query<StoredTransition>({
    name: 'newest_alert_transitions',
    text: `
      select t.*
      from unnest($1::bigint[], $2::text[], $3::smallint[]) as k (rule, key, threshold)
      cross join lateral (
        select id, ${COLUMNS}
        from alert_transitions
        where rule_id = k.rule and group_key = k.key and tier = k.threshold
        order by id desc
        limit 1
      ) t`,
    values: [
      groups.map(({ rule_id }) => rule_id),
      groups.map(({ group_key }) => group_key),
      groups.map(({ tier }) => tier),
    ],
  })
  return rows
}
