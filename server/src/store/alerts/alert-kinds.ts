// The kinds of message that rules have seen.
import type pg from 'pg'

export type RuleKind = { rule_id: number; kind: string }

/** Which of these are known, and whether their groups fire now. */
export async function findKinds(
  client: pg.PoolClient,
  kinds: readonly RuleKind[],
): Promise<(RuleKind & { is_firing: boolean })[]> {
  if (kinds.length === 0) return []
  const { rows } = await client.query<RuleKind & { is_firing: boolean }>({
    name: 'find_alert_kinds',
    text: `
      select k.rule_id, k.kind, coalesce(s.state = 'firing', false) as is_firing
      from unnest($1::bigint[], $2::text[]) as a (rule, name)
      join alert_kinds k on k.rule_id = a.rule and k.kind = a.name
      left join alert_states s on s.rule_id = k.rule_id and s.group_key = k.kind and s.tier = 0`,
    values: [kinds.map(({ rule_id }) => rule_id), kinds.map(({ kind }) => kind)],
  })
  return rows
}

/** Learns kinds; those that are known stay as they are. */
export async function learnKinds(
  client: pg.PoolClient,
  kinds: readonly (RuleKind & { first_at: string })[],
): Promise<void> {
  if (kinds.length === 0) return
  await client.query({
    name: 'learn_alert_kinds',
    text: `
      insert into alert_kinds (rule_id, kind, first_at)
      select *
      from unnest($1::bigint[], $2::text[], $3::timestamptz[])
      on conflict (rule_id, kind) do nothing`,
    values: [
      kinds.map(({ rule_id }) => rule_id),
      kinds.map(({ kind }) => kind),
      kinds.map(({ first_at }) => first_at),
    ],
  })
}

/** How many kinds each of these rules knows. */
export async function countKinds(
  client: pg.PoolClient,
  rules: readonly number[],
): Promise<Map<number, number>> {
  const { rows } = await client.query<{ rule_id: number; kinds: number }>({
    name: 'count_alert_kinds',
    text: `
      select rule_id, count(*) as kinds
      from alert_kinds
      where rule_id = any ($1::bigint[])
      group by rule_id`,
    values: [rules],
  })
  return new Map(rows.map(({ rule_id, kinds }) => [rule_id, kinds]))
}
