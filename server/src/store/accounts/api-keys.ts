import type { Level } from '@timelapser/logger'
import type pg from 'pg'

export type KeyScope = 'ingest' | 'read' | 'admin'

/** A key without its secret, which is kept by nobody but its owner. */
export type ApiKey = {
  id: number
  name: string
  /** The first characters of the secret. */
  prefix: string
  scope: KeyScope
  /** The cameras whose logs it reads; null for everything. */
  cameras: number[] | null
  /** It reads logs of this level and above; null for all. */
  min_level: Level | null
  /** Requests a minute, beside the limits for everybody; null for those alone. */
  rate_limit: number | null
  /** The sites whose pages send by it, and nobody else; null for programs. */
  origins: string[] | null
  created_at: string
  expires_at: string | null
  last_used_at: string | null
}

/** A key with the first key of its line of replacements; itself when it is the first. */
export type KeyOfLineage = ApiKey & { lineage: number }

/** A key as the server recognises it. */
export type StoredKey = KeyOfLineage & { hash: Buffer }

export type NewKey = {
  name: string
  prefix: string
  hash: Buffer
  scope: KeyScope
  cameras: readonly number[] | null
  min_level: Level | null
  rate_limit: number | null
  origins: readonly string[] | null
  expires_in_days: number | null
}

/** The data of a new secret for a key. */
export type Rotation = {
  prefix: string
  hash: Buffer
  /** The old secret opens what it did for so long. */
  grace_hours: number
  /** Null for as long as the key was made for. */
  expires_in_days: number | null
}

/** All of them are kept in memory by every server. */
const MAX_KEYS = 10_000

const COLUMNS =
  'id, name, prefix, scope, cameras, min_level, rate_limit, origins, created_at, expires_at, last_used_at'

const columnsOf = (table: string) =>
  COLUMNS.split(', ')
    .map((name) => `${table}.${name}`)
    .join(', ')

/** All keys that are not revoked, newest first; expired ones too. */
export async function listKeys(pool: pg.Pool): Promise<StoredKey[]> {
  const { rows } = await pool.query<StoredKey>({
    name: 'list_api_keys',
    text: `
      select ${COLUMNS}, hash, coalesce(lineage, id) as lineage
      from api_keys
      where revoked_at is null
      order by id desc`,
  })
  return rows
}

/** Stores a key and informs every server; undefined when the limit of keys is reached. */
export async function createKey(pool: pg.Pool | pg.PoolClient, key: NewKey): Promise<ApiKey | undefined> {
  const { rows } = await pool.query<ApiKey>({
    name: 'create_api_key',
    text: `
      with created as (
        insert into api_keys (name, prefix, hash, scope, cameras, expires_at, min_level, rate_limit, origins)
        select $1, $2, $3::bytea, $4, $5::integer[], now() + $6::integer * interval '1 day', $7, $8::integer, $9::text[]
        where (select count(*) from api_keys where revoked_at is null) < ${MAX_KEYS}
        returning ${COLUMNS}
      ), told as (
        select pg_notify('api_keys', '')
        from created
      )
      select ${COLUMNS}
      from created, told`,
    values: [
      key.name,
      key.prefix,
      key.hash,
      key.scope,
      key.cameras,
      key.expires_in_days,
      key.min_level,
      key.rate_limit,
      key.origins,
    ],
  })
  return rows[0]
}

/**
 * Finds a key that is not revoked, and keeps others from giving it a new secret until the transaction ends.
 */
export async function lockKey(client: pg.PoolClient, id: number): Promise<KeyOfLineage | undefined> {
  const { rows } = await client.query<KeyOfLineage>({
    name: 'lock_api_key',
    text: `
      select ${COLUMNS}, coalesce(lineage, id) as lineage
      from api_keys
      where id = $1 and revoked_at is null
      for update`,
    values: [id],
  })
  return rows[0]
}

/** The newest key of a lineage that is not revoked. */
export async function newestOfLineage(client: pg.PoolClient, lineage: number): Promise<number | undefined> {
  const { rows } = await client.query<{ id: number }>({
    name: 'newest_api_key_of_lineage',
    text: `
      select id
      from api_keys
      where coalesce(lineage, id) = $1 and revoked_at is null
      order by id desc
      limit 1`,
    values: [lineage],
  })
  return rows[0]?.id
}

/**
 * Stores a key with the rights and the lineage of `id`, ends the old key after its grace period and informs every
 * server.
 *
 * @returns both; undefined when the limit of keys is reached
 */
export async function rotateKey(
  client: pg.PoolClient,
  id: number,
  { prefix, hash, grace_hours, expires_in_days }: Rotation,
): Promise<{ key: ApiKey; replaced: ApiKey } | undefined> {
  const { rows } = await client.query<ApiKey>({
    name: 'rotate_api_key',
    text: `
      with created as (
        insert into api_keys
          (name, prefix, hash, scope, cameras, min_level, rate_limit, origins, lineage, expires_at)
        select name, $2, $3::bytea, scope, cameras, min_level, rate_limit, origins, coalesce(lineage, id),
          now() + coalesce($5::integer * interval '1 day', expires_at - created_at)
        from api_keys
        where id = $1 and (select count(*) from api_keys where revoked_at is null) < ${MAX_KEYS}
        returning ${COLUMNS}
      ), ended as (
        update api_keys
        set expires_at = least(api_keys.expires_at, now() + $4::integer * interval '1 hour')
        from created
        where api_keys.id = $1
        returning ${columnsOf('api_keys')}
      ), told as (
        select pg_notify('api_keys', '')
        from created
      )
      select ${COLUMNS}
      from (select * from created union all select * from ended) both_keys, told
      order by id desc`,
    values: [id, prefix, hash, grace_hours, expires_in_days],
  })
  const [key, replaced] = rows
  return key && replaced && { key, replaced }
}

/** Revokes a key and informs every server; undefined when there is none or it was revoked before. */
export async function revokeKey(pool: pg.Pool | pg.PoolClient, id: number): Promise<ApiKey | undefined> {
  const { rows } = await pool.query<ApiKey>({
    name: 'revoke_api_key',
    text: `
      with revoked as (
        update api_keys
        set revoked_at = now()
        where id = $1 and revoked_at is null
        returning ${COLUMNS}
      ), told as (
        select pg_notify('api_keys', '')
        from revoked
      )
      select ${COLUMNS}
      from revoked, told`,
    values: [id],
  })
  return rows[0]
}

/** Whether a key with this hash was ever made, and whether it still opens anything. */
export async function findKeyState(pool: pg.Pool, hash: Buffer): Promise<'valid' | 'ended' | 'unknown'> {
  const { rows } = await pool.query<{ valid: boolean }>({
    name: 'find_api_key_state',
    text: `
      select revoked_at is null and (expires_at is null or expires_at > now()) as valid
      from api_keys
      where hash = $1`,
    values: [hash],
  })
  const [row] = rows
  if (!row) return 'unknown'
  return row.valid ? 'valid' : 'ended'
}

/** Writes when keys were last used, in milliseconds by id. A later time that another server wrote stays. */
export async function writeLastUses(pool: pg.Pool, uses: ReadonlyMap<number, number>): Promise<void> {
  await pool.query({
    name: 'write_api_key_uses',
    text: `
      update api_keys
      set last_used_at = to_timestamp(used / 1000.0)
      from unnest($1::bigint[], $2::bigint[]) as t (key, used)
      where id = key and (last_used_at is null or last_used_at < to_timestamp(used / 1000.0))`,
    values: [[...uses.keys()], [...uses.values()]],
  })
}
