import type pg from 'pg'

export type UserRole = 'admin' | 'viewer'

/** A person as far as access is concerned. */
export type User = {
  id: string
  /** As it was typed. */
  name: string
  role: UserRole
  /** The cameras a viewer sees; null for everything. */
  cameras: number[] | null
  /** Whether they sign in by a provider, whose groups say what they may do; else by a password. */
  is_external: boolean
}

/** Whether a row of `auth_users` named `u` is of a person who signs in by a provider. */
export const IS_EXTERNAL = `
  exists (
    select 1
    from auth_accounts a
    where a.user_id = u.id and a.provider_id <> 'credential'
  ) as is_external`

const COLUMNS = `u.id, u.name, u.role, u.cameras, ${IS_EXTERNAL}`

/** The user, unless there is none or they were disabled. */
export async function findActiveUser(pool: pg.Pool, id: string): Promise<User | undefined> {
  const { rows } = await pool.query<User>({
    name: 'find_active_user',
    text: `
      select ${COLUMNS}
      from auth_users u
      where u.id = $1 and not u.disabled`,
    values: [id],
  })
  return rows[0]
}

/** The user of this name in its unique form, or one made just now, who has no password yet. */
export async function findOrInviteUser(
  pool: pg.Pool | pg.PoolClient,
  { name, username, role, cameras }: Pick<User, 'name' | 'role' | 'cameras'> & { username: string },
): Promise<User> {
  await pool.query({
    name: 'invite_user',
    text: `
      insert into auth_users (name, username, email, role, cameras)
      values ($1, $2, gen_random_uuid() || '@users.invalid', $3, $4::integer[])
      on conflict (username) do nothing`,
    values: [name, username, role, cameras],
  })
  const user = await findUserByName(pool, username)
  if (!user) throw new Error(`The user "${username}" was removed while being invited`)
  return user
}

/** The user of this name in its unique form, also one who was disabled. */
export async function findUserByName(
  pool: pg.Pool | pg.PoolClient,
  username: string,
): Promise<User | undefined> {
  const { rows } = await pool.query<User>({
    name: 'find_user_by_name',
    text: `
      select ${COLUMNS}
      from auth_users u
      where u.username = $1`,
    values: [username],
  })
  return rows[0]
}

/** Whether somebody can sign in who may do everything. */
export async function hasAdministrator(client: pg.Pool | pg.PoolClient): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>({
    name: 'has_administrator',
    text: `
      select exists (
        select 1
        from auth_users u
        join auth_accounts a on a.user_id = u.id
        where u.role = 'admin' and not u.disabled
          and (a.password is not null or a.provider_id <> 'credential')
      ) as found`,
  })
  return rows[0]?.found ?? false
}

/** Deletes the sessions, and the challenges of second factors, that nobody can use any more. */
export async function deleteExpiredSessions(pool: pg.Pool): Promise<void> {
  await pool.query({
    name: 'delete_expired_sessions',
    text: `
      with challenges as (
        delete from auth_verifications
        where expires_at < now()
      )
      delete from auth_sessions
      where expires_at < now()`,
  })
}
