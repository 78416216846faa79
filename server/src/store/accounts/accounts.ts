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
}

const COLUMNS = 'id, name, role, cameras'

/** The user, unless there is none or they were disabled. */
export async function findActiveUser(pool: pg.Pool, id: string): Promise<User | undefined> {
  const { rows } = await pool.query<User>({
    name: 'find_active_user',
    text: `
      select ${COLUMNS}
      from auth_users
      where id = $1 and not disabled`,
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
      from auth_users
      where username = $1`,
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
        where u.role = 'admin' and not u.disabled and a.password is not null
      ) as found`,
  })
  return rows[0]?.found ?? false
}

/** Deletes the sessions that nobody can use any more. */
export async function deleteExpiredSessions(pool: pg.Pool): Promise<void> {
  await pool.query({
    name: 'delete_expired_sessions',
    text: 'delete from auth_sessions where expires_at < now()',
  })
}
