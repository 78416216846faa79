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
  created_at: string
  expires_at: string | null
  last_used_at: string | null
}

/** A key as the server recognises it. */
export type StoredKey = ApiKey & { hash: Buffer; lineage: number }

export type NewKey = {
  name: string
  prefix: string
  hash: Buffer
  scope: KeyScope
  cameras: readonly number[] | null
  min_level: Level | null
  rate_limit: number | null
  expires_in_days: number | null
}

/** All of them are kept in memory by every server. */
const MAX_KEYS = 10_000

const COLUMNS =
  'id, name, prefix, scope, cameras, min_level, rate_limit, created_at, expires_at, last_used_at'

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

/** Stores a key and tells every server; undefined when there are as many as may be. */
export async function createKey(pool: pg.Pool | pg.PoolClient, key: NewKey): Promise<ApiKey | undefined> {
  const { rows } = await pool.query<ApiKey>({
    name: 'create_api_key',
    text: `
      with created as (
        insert into api_keys (name, prefix, hash, scope, cameras, expires_at, min_level, rate_limit)
        select $1, $2, $3::bytea, $4, $5::integer[], now() + $6::integer * interval '1 day', $7, $8::integer
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
    ],
  })
  return rows[0]
}

/** Revokes a key and tells every server; undefined when there is none or it was revoked before. */
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
