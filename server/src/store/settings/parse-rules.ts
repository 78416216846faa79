import type pg from 'pg'
import { FreshValue } from '../database/fresh-value.ts'

/** How long rules are believed when no notice of a change arrives. */
const MAX_AGE_MS = 30_000

/** Days that counts are kept and shown. */
const COUNT_DAYS = 7

/** A rule as it is stored: in which form is the business of those who compile it. */
export type StoredParseRule = { name: string; rule: object; author: string; updated_at: string }

/** The recent counts of a rule. */
export type ParseRuleCounts = {
  name: string
  applied: number
  failed: number
  dropped: number
  passed: number
  last_failure: string | null
  last_failed_at: string | null
}

/** Numbers that are added to the counts of a rule. */
export type ParseRuleTally = Pick<
  ParseRuleCounts,
  'applied' | 'failed' | 'dropped' | 'passed' | 'last_failure'
>

/** The rules by which lines are parsed: read once and then kept; a notice of the settings, or 30 s, makes them be read anew. */
export class ParseRuleStore {
  readonly #pool: pg.Pool
  readonly #current = new FreshValue<readonly StoredParseRule[]>(MAX_AGE_MS)

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  /** In order; the same list for as long as nothing changes. */
  get(): Promise<readonly StoredParseRule[]> {
    return this.#current.get(() => readRules(this.#pool))
  }

  /** Forgets what is known. */
  reload(): void {
    this.#current.reload()
  }

  /** The stored rules, as the transaction of this client sees them until its end. */
  async readForChange(client: pg.PoolClient): Promise<readonly StoredParseRule[]> {
    await client.query('lock table parse_rules in share row exclusive mode')
    return readRules(client)
  }

  /**
   * Makes these the rules, in this order; for other transactions from its COMMIT on, so call `reload` after it. The counts of
   * rules that are others now begin anew.
   */
  async replace(
    client: pg.PoolClient,
    rules: readonly { name: string; rule: object }[],
    author: string,
  ): Promise<void> {
    const names = rules.map(({ name }) => name)
    await client.query({
      name: 'replace_parse_rules',
      text: `
        with given as (
          select name, rule, position
          from unnest($1::text[], $2::json[]) with ordinality as t (name, rule, position)
        ), gone as (
          delete from parse_rules
          where name <> all ($1::text[])
        ), outdated as (
          delete from parse_rule_counts
          where name not in (
            select name
            from parse_rules as old
            join given using (name)
            where old.rule::jsonb = given.rule::jsonb
          )
        ), changed as (
          insert into parse_rules (name, rule, position, author)
          select name, rule, position, $3
          from given
          on conflict (name) do update
          set rule = excluded.rule, position = excluded.position,
            author = case when parse_rules.rule::jsonb = excluded.rule::jsonb then parse_rules.author else excluded.author end,
            updated_at = case when parse_rules.rule::jsonb = excluded.rule::jsonb then parse_rules.updated_at else now() end
        )
        select pg_notify('settings', 'parse_rules')`,
      values: [names, rules.map(({ rule }) => JSON.stringify(rule)), author],
    })
  }

  /** The counts of the rules in the last seven days; those that met no line are left out. */
  async counts(): Promise<ParseRuleCounts[]> {
    const { rows } = await this.#pool.query<ParseRuleCounts>({
      name: 'read_parse_rule_counts',
      text: `
        select name,
          sum(applied)::bigint as applied,
          sum(failed)::bigint as failed,
          sum(dropped)::bigint as dropped,
          sum(passed)::bigint as passed,
          (array_agg(last_failure order by last_failed_at desc nulls last))[1] as last_failure,
          max(last_failed_at) as last_failed_at
        from parse_rule_counts
        where day > (now() at time zone 'UTC')::date - $1::integer
        group by name
        order by name`,
      values: [COUNT_DAYS],
    })
    return rows
  }

  /** Adds to the counts of today. A rule that was removed meanwhile has none; counts of days past go. */
  async addCounts(tallies: ReadonlyMap<string, ParseRuleTally>): Promise<void> {
    const names = [...tallies.keys()].toSorted()
    const all = names.map((name) => tallies.get(name) as ParseRuleTally)
    await this.#pool.query({
      name: 'add_parse_rule_counts',
      text: `
        with past as (
          delete from parse_rule_counts
          where day <= (now() at time zone 'UTC')::date - $7::integer
        )
        insert into parse_rule_counts (name, day, applied, failed, dropped, passed, last_failure, last_failed_at)
        select t.name, (now() at time zone 'UTC')::date, t.applied, t.failed, t.dropped, t.passed,
          t.last_failure, case when t.last_failure is not null then now() end
        from unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[])
          as t (name, applied, failed, dropped, passed, last_failure)
        join parse_rules using (name)
        order by t.name
        on conflict (name, day) do update
        set applied = parse_rule_counts.applied + excluded.applied,
          failed = parse_rule_counts.failed + excluded.failed,
          dropped = parse_rule_counts.dropped + excluded.dropped,
          passed = parse_rule_counts.passed + excluded.passed,
          last_failure = coalesce(excluded.last_failure, parse_rule_counts.last_failure),
          last_failed_at = coalesce(excluded.last_failed_at, parse_rule_counts.last_failed_at)`,
      values: [
        names,
        all.map(({ applied }) => applied),
        all.map(({ failed }) => failed),
        all.map(({ dropped }) => dropped),
        all.map(({ passed }) => passed),
        all.map(({ last_failure }) => last_failure),
        COUNT_DAYS,
      ],
    })
  }
}

async function readRules(pool: pg.Pool | pg.PoolClient): Promise<readonly StoredParseRule[]> {
  const { rows } = await pool.query<StoredParseRule>({
    name: 'read_parse_rules',
    text: `
      select name, rule, author, updated_at
      from parse_rules
      order by position, name`,
  })
  return rows
}
