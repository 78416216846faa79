// The outbox: notices are written with the decision and sent afterwards, at least once.
import type pg from 'pg'
import type { DigestPeriod } from './alert-digests.ts'

export type StoredDelivery = {
  id: number
  channel_id: number
  /** 0 for a daily digest. */
  rule_id: number
  kind: string
  transitions: number[]
  /** Set for a daily digest alone. */
  digest: DigestPeriod | null
  dedup_key: string
  state: 'pending' | 'sent' | 'dead'
  attempts: number
  created_at: string
  next_at: string
  ended_at: string | null
  reply: string | null
  error: string | null
}

export type NewDelivery = Pick<
  StoredDelivery,
  'channel_id' | 'rule_id' | 'kind' | 'transitions' | 'dedup_key'
> & { digest?: DigestPeriod }

const COLUMNS = `id, channel_id, rule_id, kind, transitions, digest, dedup_key, state, attempts, created_at, next_at, ended_at,
        reply, error`

/** How long a server has a delivery to itself; longer than an attempt takes, in which a daily digest is gathered first. */
const LEASE_SECONDS = 90
const DIGEST_LEASE_SECONDS = 300

/**
 * Writes notices that are due at once. They are of the clock's present: a decision may be of a later time, when the clock was
 * set back, or of an earlier one, when the evaluation was behind; a day of attempts begins now.
 */
export async function addDeliveries(
  client: pg.PoolClient,
  deliveries: readonly NewDelivery[],
): Promise<void> {
  if (deliveries.length === 0) return
  await client.query({
    name: 'add_alert_deliveries',
    text: `
      insert into alert_deliveries (channel_id, rule_id, kind, transitions, digest, dedup_key, created_at, next_at)
      select channel_id, rule_id, kind, array(select jsonb_array_elements_text(transitions)::bigint), digest,
        dedup_key, clock.now, clock.now
      from (select log_clock() as now offset 0) clock, jsonb_to_recordset($1::jsonb) as d (
        channel_id bigint, rule_id bigint, kind text, transitions jsonb, digest jsonb, dedup_key text
      )`,
    values: [JSON.stringify(deliveries)],
  })
}

/** Notices that are on their way from this server: those of a channel, without its daily digests or these alone. */
export type OnTheWay = { channel_id: number; is_digest: boolean; count: number }

/** Attempts that a server makes at once: in all, and of one channel for notices and for daily digests. */
const ATTEMPTS_AT_ONCE = 32
const NOTICES_OF_A_CHANNEL = 4
const DIGESTS_OF_A_CHANNEL = 1

/**
 * Takes some that are due, of an incident the earliest alone; nobody else gets them before the attempt is noted or the
 * lease is over. A channel has a few places, so that one that does not answer keeps no other's notices waiting; a daily
 * digest, which takes seconds to gather, has places of its own and comes last.
 */
export async function claimDeliveries(
  pool: pg.Pool,
  onTheWay: readonly OnTheWay[],
): Promise<StoredDelivery[]> {
  const free = ATTEMPTS_AT_ONCE - onTheWay.reduce((sum, { count }) => sum + count, 0)
  if (free <= 0) return []
  const { rows } = await pool.query<StoredDelivery>({
    name: 'claim_alert_deliveries',
    text: `
      update alert_deliveries d
      set attempts = attempts + 1,
        next_at = log_clock()
          + case when digest is null then ${LEASE_SECONDS} else ${DIGEST_LEASE_SECONDS} end * interval '1 second'
      from (
        select w.id
        from alert_channels c
        cross join (values (false, ${NOTICES_OF_A_CHANNEL}), (true, ${DIGESTS_OF_A_CHANNEL})) p (is_digest, places)
        left join unnest($1::bigint[], $2::boolean[], $3::integer[]) as o (channel_id, is_digest, count)
          on o.channel_id = c.id and o.is_digest = p.is_digest
        cross join lateral (
          select id, next_at
          from alert_deliveries n
          where n.state = 'pending' and n.channel_id = c.id and n.next_at <= log_clock()
            and (n.digest is not null) = p.is_digest
            and not exists (
              select 1
              from alert_deliveries e
              where e.state = 'pending' and e.channel_id = n.channel_id and e.dedup_key = n.dedup_key and e.id < n.id
            )
          order by next_at, id
          limit greatest(p.places - coalesce(o.count, 0), 0)
          for update skip locked
        ) w
        order by p.is_digest, w.next_at, w.id
        limit $4
      ) due
      where d.id = due.id
      returning ${COLUMNS.replaceAll(/(?<=^|,\s*)(\w+)/g, 'd.$1')}`,
    values: [
      onTheWay.map(({ channel_id }) => channel_id),
      onTheWay.map(({ is_digest }) => is_digest),
      onTheWay.map(({ count }) => count),
      free,
    ],
  })
  return rows.toSorted((a, b) => a.id - b.id)
}

/** How long a notice is tried. */
const TRIED_HOURS = 24

/**
 * Notes how an attempt ended. A failed attempt is repeated later, unless that would be a day after the first.
 *
 * @param pauseMs until the next attempt; null when there is to be none
 */
export async function endAttempt(
  pool: pg.Pool,
  { id, attempts }: Pick<StoredDelivery, 'id' | 'attempts'>,
  outcome: { isSent: boolean; reply: string | null; error: string | null; pauseMs: number | null },
): Promise<'pending' | 'sent' | 'dead' | undefined> {
  const { rows } = await pool.query<{ state: 'pending' | 'sent' | 'dead' }>({
    name: 'end_alert_attempt',
    text: `
      update alert_deliveries d
      set state = n.state, reply = $4, error = $5,
        next_at = case when n.state = 'pending' then n.next_at else d.next_at end,
        ended_at = case when n.state = 'pending' then null else log_clock() end
      from (
        select id, log_clock() + $6::integer * interval '1 millisecond' as next_at,
          case
            when $3 then 'sent'
            when $6::integer is null
              or log_clock() + $6::integer * interval '1 millisecond' > created_at + ${TRIED_HOURS} * interval '1 hour'
              then 'dead'
            else 'pending'
          end as state
        from alert_deliveries
        where id = $1
      ) n
      where d.id = n.id and d.state = 'pending' and d.attempts = $2
      returning d.state`,
    values: [id, attempts, outcome.isSent, outcome.reply, outcome.error, outcome.pauseMs],
  })
  return rows[0]?.state
}

/**
 * Deliveries of these rules and of daily digests, newest first.
 *
 * @param owner whose digests; null for those of everybody
 */
export async function listDeliveries(
  pool: pg.Pool,
  asked: { rules: readonly number[]; owner: string | null; before: number | undefined; limit: number },
): Promise<StoredDelivery[]> {
  const { rows } = await pool.query<StoredDelivery>({
    name: 'list_alert_deliveries',
    text: `
      select ${COLUMNS}
      from alert_deliveries
      where (
          rule_id = any ($1::bigint[])
          or rule_id = 0 and ($4::text is null or digest ->> 'owner' = $4::text)
        )
        and ($2::bigint is null or id < $2::bigint)
      order by id desc
      limit $3`,
    values: [asked.rules, asked.before ?? null, asked.limit, asked.owner],
  })
  return rows
}

/** Deliveries of these transitions of a rule, oldest first. */
export async function deliveriesOfTransitions(
  pool: pg.Pool,
  ruleId: number,
  transitions: readonly number[],
): Promise<StoredDelivery[]> {
  const { rows } = await pool.query<StoredDelivery>({
    name: 'alert_deliveries_of_transitions',
    text: `
      select ${COLUMNS}
      from alert_deliveries
      where rule_id = $1 and transitions && $2::bigint[]
      order by id
      limit 100`,
    values: [ruleId, transitions],
  })
  return rows
}

/** Keeps what waits for a channel that has just failed from being tried before `pauseMs` are over. */
export async function postpone(pool: pg.Pool, channelId: number, pauseMs: number): Promise<void> {
  await pool.query({
    name: 'postpone_alert_deliveries',
    text: `
      update alert_deliveries
      set next_at = log_clock() + $2::integer * interval '1 millisecond'
      where channel_id = $1 and state = 'pending' and next_at <= log_clock()`,
    values: [channelId, pauseMs],
  })
}

/** Retries a dead delivery for another day; undefined when there is none. */
export async function reviveDelivery(client: pg.PoolClient, id: number): Promise<StoredDelivery | undefined> {
  const { rows } = await client.query<StoredDelivery>({
    name: 'revive_alert_delivery',
    text: `
      update alert_deliveries
      set state = 'pending', created_at = log_clock(), next_at = log_clock(), ended_at = null, attempts = 0
      where id = $1 and state = 'dead'
      returning ${COLUMNS}`,
    values: [id],
  })
  return rows[0]
}

/** Puts a dead delivery away for good; undefined when there is none. */
export async function dismissDelivery(
  client: pg.PoolClient,
  id: number,
): Promise<Pick<StoredDelivery, 'rule_id' | 'digest' | 'kind' | 'error'> | undefined> {
  const { rows } = await client.query<Pick<StoredDelivery, 'rule_id' | 'digest' | 'kind' | 'error'>>({
    name: 'dismiss_alert_delivery',
    text: `
      delete from alert_deliveries
      where id = $1 and state = 'dead'
      returning rule_id, digest, kind, error`,
    values: [id],
  })
  return rows[0]
}

export type AlertFigures = {
  /** Seconds since all that was committed had been evaluated; null when nothing ever was. */
  lag_seconds: number | null
  firing: number
  rules: number
  problems: number
  pending: number
  dead: number
}

/** The figures of alerting for `/metrics` and the page. */
export async function readAlertFigures(pool: pg.Pool): Promise<AlertFigures> {
  const { rows } = await pool.query<AlertFigures>({
    name: 'read_alert_figures',
    text: `
      select
        (select extract(epoch from log_clock() - watermark)::double precision
          from alert_position
          where exists (select 1 from alert_rules where enabled)) as lag_seconds,
        (select count(*) from alert_states where state = 'firing' and tier = 0) as firing,
        (select count(*) from alert_rules where enabled) as rules,
        (select count(*) from alert_rules where enabled and problem is not null) as problems,
        (select count(*) from alert_deliveries where state = 'pending') as pending,
        (select count(*) from alert_deliveries where state = 'dead') as dead`,
  })
  return rows[0] ?? { lag_seconds: null, firing: 0, rules: 0, problems: 0, pending: 0, dead: 0 }
}
