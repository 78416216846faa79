import type pg from 'pg'
import { hasAdministrator, type UserRole } from './accounts.ts'

/** 7,469,008. A redemption waits for the redemption before, so that there is a single first administrator. */
const REDEEM_LOCK = 7_469_008

/** Stores a link; without a user it makes the first administrator. Returns when it expires. */
export async function createLink(
  pool: pg.Pool | pg.PoolClient,
  link: { hash: Buffer; userId: string | null; hours: number },
): Promise<string> {
  const { rows } = await pool.query<{ expires_at: string }>({
    name: 'create_link',
    text: `
      with forgotten as (
        delete from one_time_links
        where expires_at < now() - interval '30 days'
      )
      insert into one_time_links (hash, user_id, expires_at)
      values ($1, $2, now() + $3::integer * interval '1 hour')
      returning expires_at`,
    values: [link.hash, link.userId, link.hours],
  })
  return rows[0]?.expires_at ?? ''
}

export type Redemption = {
  hash: Buffer
  /** As it was typed, and in its unique form. */
  name: string
  username: string
  passwordHash: string
}

/** The outcome: the user whose password is set now, or why not. */
export type Redeemed = { userId: string; role: UserRole } | 'invalid_link' | 'name_taken'

/**
 * Uses a link up and sets its user's name and password, which ends all their sessions; makes the first administrator
 * when the link is for nobody. When it could not, the transaction is to be rolled back: the link stays good then.
 */
export async function redeemLink(
  client: pg.PoolClient,
  { hash, name, username, passwordHash }: Redemption,
): Promise<Redeemed> {
  await client.query('select pg_advisory_xact_lock($1)', [REDEEM_LOCK])
  const link = await useUp(client, hash)
  if (!link) return 'invalid_link'
  if (await isTaken(client, username, link.user_id)) return 'name_taken'
  const user = await saveUser(client, link.user_id, name, username)
  if (!user) return 'invalid_link'
  await client.query({
    name: 'save_password',
    text: `
      insert into auth_accounts (user_id, account_id, provider_id, password)
      values ($1::uuid, $1::uuid::text, 'credential', $2)
      on conflict (user_id, provider_id) do update
      set password = excluded.password, updated_at = now()`,
    values: [user.id, passwordHash],
  })
  await client.query({
    name: 'end_sessions_and_links',
    text: `
      with sessions as (
        delete from auth_sessions
        where user_id = $1
      ), links as (
        delete from one_time_links
        where used_at is null and user_id is not distinct from $2
      )
      select pg_notify('sessions', '')`,
    values: [user.id, link.user_id],
  })
  return { userId: user.id, role: user.role }
}

/** The link, used from now on; undefined when it is unknown, used, expired or no longer wanted. */
async function useUp(client: pg.PoolClient, hash: Buffer): Promise<{ user_id: string | null } | undefined> {
  const { rows } = await client.query<{ user_id: string | null }>({
    name: 'use_link_up',
    text: `
      update one_time_links
      set used_at = now()
      where hash = $1 and used_at is null and expires_at > now()
      returning user_id`,
    values: [hash],
  })
  const [link] = rows
  if (!link) return undefined
  const isForFirst = link.user_id === null
  return isForFirst && (await hasAdministrator(client)) ? undefined : link
}

async function isTaken(client: pg.PoolClient, username: string, by: string | null): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>({
    name: 'is_username_taken',
    text: `
      select exists (
        select 1
        from auth_users
        where username = $1 and id is distinct from $2::uuid
      ) as taken`,
    values: [username, by],
  })
  return rows[0]?.taken ?? false
}

async function saveUser(
  client: pg.PoolClient,
  id: string | null,
  name: string,
  username: string,
): Promise<{ id: string; role: UserRole } | undefined> {
  const { rows } = await client.query<{ id: string; role: UserRole }>(
    id === null
      ? {
          name: 'create_first_administrator',
          text: `
            insert into auth_users (name, username, email, role)
            values ($1, $2, gen_random_uuid() || '@users.invalid', 'admin')
            returning id, role`,
          values: [name, username],
        }
      : {
          name: 'rename_user',
          text: `
            update auth_users
            set name = $1, username = $2, updated_at = now()
            where id = $3 and not disabled
            returning id, role`,
          values: [name, username, id],
        },
  )
  return rows[0]
}
