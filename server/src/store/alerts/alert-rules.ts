import type pg from 'pg'

/** A rule as it is kept. */
export type StoredRule = {
  id: number
  /** `user` or `key` and its id. */
  owner: string
  owner_name: string
  name: string
  enabled: boolean
  /** The rest of it, as the API takes it. */
  rule: unknown
  revision: number
  begins_after: number
  begun_at: string
  problem: string | null
  problem_since: string | null
  /** The transition whose notice is held back: that it cannot be evaluated, or can again. */
  problem_owed: number | null
  created_at: string
  updated_at: string
}

export type RuleFields = Pick<StoredRule, 'name' | 'enabled' | 'rule'>

const COLUMNS = `id, owner, owner_name, name, enabled, rule, revision, begins_after, begun_at, problem, problem_since, problem_owed,
        created_at, updated_at`

/** All rules, or those of an owner, by name. */
export async function listRules(
  reader: pg.Pool | pg.PoolClient,
  owner: string | null = null,
): Promise<StoredRule[]> {
  const { rows } = await reader.query<StoredRule>({
    name: 'list_alert_rules',
    text: `
      select ${COLUMNS}
      from alert_rules
      where $1::text is null or owner = $1::text
      order by lower(name), id`,
    values: [owner],
  })
  return rows
}

export async function findRule(pool: pg.Pool, id: number): Promise<StoredRule | undefined> {
  const { rows } = await pool.query<StoredRule>({
    name: 'find_alert_rule',
    text: `
      select ${COLUMNS}
      from alert_rules
      where id = $1`,
    values: [id],
  })
  return rows[0]
}

/** The rule, locked until the transaction ends. */
export async function lockRule(client: pg.PoolClient, id: number): Promise<StoredRule | undefined> {
  const { rows } = await client.query<StoredRule>({
    name: 'lock_alert_rule',
    text: `
      select ${COLUMNS}
      from alert_rules
      where id = $1
      for update`,
    values: [id],
  })
  return rows[0]
}

/** Undefined when the owner has one of this name. Nothing that is in the feed already is the rule's. */
export async function createRule(
  client: pg.PoolClient,
  { owner, owner_name, name, enabled, rule }: RuleFields & Pick<StoredRule, 'owner' | 'owner_name'>,
): Promise<StoredRule | undefined> {
  const { rows } = await client.query<StoredRule>({
    name: 'create_alert_rule',
    text: `
      insert into alert_rules (owner, owner_name, name, enabled, rule, begins_after, begun_at)
      select $1, $2, $3, $4, $5::jsonb, ${HEAD}, log_clock()
      on conflict (owner, name) do nothing
      returning ${COLUMNS}`,
    values: [owner, owner_name, name, enabled, JSON.stringify(rule)],
  })
  return rows[0]
}

const HEAD = `coalesce((select max(id) from log_feed), (select case when is_called then last_value else 0 end from log_feed_ids))`

/** @param isAnew whether its condition is another one, so that it begins at the present */
export async function saveRule(
  client: pg.PoolClient,
  { id, name, enabled, rule }: RuleFields & { id: number },
  isAnew: boolean,
): Promise<StoredRule | undefined> {
  const { rows } = await client.query<StoredRule>({
    name: 'save_alert_rule',
    text: `
      update alert_rules r
      set name = $2, enabled = $3, rule = $4::jsonb, updated_at = now(),
        revision = case when $5 then revision + 1 else revision end,
        begins_after = case when $5 then ${HEAD} else begins_after end,
        begun_at = case when $5 then log_clock() else begun_at end,
        problem = case when $5 then null else problem end,
        problem_since = case when $5 then null else problem_since end,
        problem_owed = case when $5 then null else problem_owed end
      where id = $1
        and not exists (
          select 1 from alert_rules o where o.owner = r.owner and o.name = $2 and o.id <> r.id
        )
      returning ${COLUMNS}`,
    values: [id, name, enabled, JSON.stringify(rule), isAnew],
  })
  return rows[0]
}

/** Deletes a rule with its history and what was on its way. */
export async function deleteRule(client: pg.PoolClient, id: number): Promise<void> {
  await client.query({
    name: 'delete_alert_rule',
    text: `
      with states as (
        delete from alert_states where rule_id = $1
      ), counts as (
        delete from alert_counts where rule_id = $1
      ), kinds as (
        delete from alert_kinds where rule_id = $1
      ), transitions as (
        delete from alert_transitions where rule_id = $1
      ), silences as (
        delete from alert_silences where rule_id = $1
      ), deliveries as (
        delete from alert_deliveries where rule_id = $1
      )
      delete from alert_rules where id = $1`,
    values: [id],
  })
}

/** How many rules an owner has, and how many there are. */
export async function countRules(
  client: pg.PoolClient,
  owner: string,
): Promise<{ own: number; total: number }> {
  const { rows } = await client.query<{ own: number; total: number }>({
    name: 'count_alert_rules',
    text: `
      select count(*) filter (where owner = $1) as own, count(*) as total
      from alert_rules`,
    values: [owner],
  })
  return rows[0] ?? { own: 0, total: 0 }
}

/** Notes why a rule cannot be evaluated, or that it can again; undefined unless that is news. */
export async function setProblem(
  client: pg.PoolClient,
  id: number,
  problem: string | null,
  at: string,
): Promise<Pick<StoredRule, 'problem_owed'> | undefined> {
  const { rows } = await client.query<Pick<StoredRule, 'problem_owed'>>({
    name: 'set_alert_problem',
    text: `
      update alert_rules
      set problem = $2, problem_since = case when $2::text is null then null else $3::timestamptz end
      where id = $1 and (problem is null) <> ($2::text is null)
      returning problem_owed`,
    values: [id, problem, at],
  })
  return rows[0]
}

/** Notes which transition is still to be told; null for none. */
export async function oweProblem(
  client: pg.PoolClient,
  id: number,
  transition: number | null,
): Promise<void> {
  await client.query({
    name: 'owe_alert_problem',
    text: 'update alert_rules set problem_owed = $2::bigint where id = $1',
    values: [id, transition],
  })
}

/** Notes that a transition is told; false when it was already. */
export async function settleProblem(client: pg.PoolClient, id: number, transition: number): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'settle_alert_problem',
    text: 'update alert_rules set problem_owed = null where id = $1 and problem_owed = $2::bigint',
    values: [id, transition],
  })
  return rowCount === 1
}
