import type pg from 'pg'

/** The hash of a user's password; undefined before they chose one. */
export async function findPasswordHash(pool: pg.Pool, userId: string): Promise<string | undefined> {
  const { rows } = await pool.query<{ password: string }>({
    name: 'find_password_hash',
    text: `
      select password
      from auth_accounts
      where user_id = $1 and provider_id = 'credential' and password is not null`,
    values: [userId],
  })
  return rows[0]?.password
}

/** The same by name, in its unique form. */
export async function findPasswordHashByName(pool: pg.Pool, username: string): Promise<string | undefined> {
  const { rows } = await pool.query<{ password: string }>({
    name: 'find_password_hash_by_name',
    text: `
      select a.password
      from auth_users u
      join auth_accounts a on a.user_id = u.id
      where u.username = $1 and a.provider_id = 'credential' and a.password is not null`,
    values: [username],
  })
  return rows[0]?.password
}

/** The hash as it is once every change of it that has begun is over. */
export async function awaitPasswordHash(pool: pg.Pool, userId: string): Promise<string | undefined> {
  const { rows } = await pool.query<{ password: string }>({
    name: 'await_password_hash',
    text: `
      select password
      from auth_accounts
      where user_id = $1 and provider_id = 'credential' and password is not null
      for share`,
    values: [userId],
  })
  return rows[0]?.password
}

/** Replaces the hash if it is still the hash that was compared; false when it changed meanwhile. */
export async function replacePasswordHash(
  client: pg.PoolClient,
  { userId, from, to }: { userId: string; from: string; to: string },
): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'replace_password_hash',
    text: `
      update auth_accounts
      set password = $3, updated_at = now()
      where user_id = $1 and provider_id = 'credential' and password = $2`,
    values: [userId, from, to],
  })
  return rowCount === 1
}
