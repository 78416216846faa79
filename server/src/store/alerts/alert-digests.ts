import type pg from 'pg'

/** A daily digest of one owner. */
export type StoredDigest = {
  /** `user` or `key` and its id. */
  owner: string
  owner_name: string
  enabled: boolean
  /** A clock time such as 07:00, in the zone. */
  at: string
  timezone: string
  /** Names of channels. */
  channels: string[]
  next_at: string
  last_at: string | null
  updated_at: string
}

/** The owner of a digest and its period: from `start` to `end`, compared with the time from `before` to `start`. */
export type DigestPeriod = { owner: string; timezone: string; before: string; start: string; end: string }

const COLUMNS = 'owner, owner_name, enabled, at, timezone, channels, next_at, last_at, updated_at'

/** Digests that are switched on and could be due at once. */
const AT_ONCE = 20

export async function findDigest(
  reader: pg.Pool | pg.PoolClient,
  owner: string,
): Promise<StoredDigest | undefined> {
  const { rows } = await reader.query<StoredDigest>({
    name: 'find_alert_digest',
    text: `
      select ${COLUMNS}
      from alert_digests
      where owner = $1`,
    values: [owner],
  })
  return rows[0]
}

/** The digest of an owner, locked until the transaction ends. */
export async function lockDigest(client: pg.PoolClient, owner: string): Promise<StoredDigest | undefined> {
  const { rows } = await client.query<StoredDigest>({
    name: 'lock_alert_digest',
    text: `
      select ${COLUMNS}
      from alert_digests
      where owner = $1
      for update`,
    values: [owner],
  })
  return rows[0]
}

/** Digests that are switched on, for a look at their channels. */
export async function listDigests(client: pg.PoolClient): Promise<StoredDigest[]> {
  const { rows } = await client.query<StoredDigest>({
    name: 'list_alert_digests',
    text: `
      select ${COLUMNS}
      from alert_digests
      where enabled
      order by owner`,
  })
  return rows
}

/** Makes or changes the digest of an owner; when the last one was stays. */
export async function saveDigest(
  client: pg.PoolClient,
  digest: Omit<StoredDigest, 'last_at' | 'updated_at'>,
): Promise<StoredDigest | undefined> {
  const { owner, owner_name, enabled, at, timezone, channels, next_at } = digest
  const { rows } = await client.query<StoredDigest>({
    name: 'save_alert_digest',
    text: `
      insert into alert_digests (owner, owner_name, enabled, at, timezone, channels, next_at, updated_at)
      values ($1, $2, $3, $4, $5, $6::text[], $7::timestamptz, log_clock())
      on conflict (owner) do update
      set owner_name = excluded.owner_name, enabled = excluded.enabled, at = excluded.at,
        timezone = excluded.timezone, channels = excluded.channels, next_at = excluded.next_at,
        updated_at = excluded.updated_at
      returning ${COLUMNS}`,
    values: [owner, owner_name, enabled, at, timezone, channels, next_at],
  })
  return rows[0]
}

/** Some digests that are due, each locked until the transaction ends; those that another server has are left to it. */
export async function lockDueDigests(client: pg.PoolClient): Promise<StoredDigest[]> {
  const { rows } = await client.query<StoredDigest>({
    name: 'lock_due_alert_digests',
    text: `
      select ${COLUMNS}
      from alert_digests
      where enabled and next_at <= log_clock()
      order by next_at, owner
      limit ${AT_ONCE}
      for update skip locked`,
  })
  return rows
}

/** Notes that the digest of `last_at` is written, and when the next one is due. */
export async function advanceDigest(
  client: pg.PoolClient,
  { owner, next_at, last_at }: { owner: string; next_at: string; last_at: string },
): Promise<void> {
  await client.query({
    name: 'advance_alert_digest',
    text: `
      update alert_digests
      set next_at = $2::timestamptz, last_at = $3::timestamptz
      where owner = $1`,
    values: [owner, next_at, last_at],
  })
}
