import type pg from 'pg'

/** Longer than an app's code is valid, in seconds; the same six digits may come again later. */
const SPENT_S = 300

/** Uses a code of a user up, right or wrong; false when it was used before. */
export async function spendCode(pool: pg.Pool, userId: string, code: string): Promise<boolean> {
  const { rowCount } = await pool.query({
    name: 'spend_code',
    text: `
      with forgotten as (
        delete from auth_spent_codes
        where user_id = $1 and code <> $2 and spent_at < now() - $3::integer * interval '1 second'
      )
      insert into auth_spent_codes as spent (user_id, code)
      values ($1, $2)
      on conflict (user_id, code) do update
      set spent_at = now()
      where spent.spent_at < now() - $3::integer * interval '1 second'`,
    values: [userId, code, SPENT_S],
  })
  return rowCount === 1
}

/** Takes the second factor from a user; false when they have none. */
export async function removeTwoFactor(client: pg.PoolClient, userId: string): Promise<boolean> {
  const { rows } = await client.query<{ removed: boolean }>({
    name: 'remove_two_factor',
    text: `
      with removed as (
        delete from auth_two_factors
        where user_id = $1
        returning verified
      ), changed as (
        update auth_users
        set two_factor_enabled = false, updated_at = now()
        where id = $1
      )
      select coalesce(bool_or(verified), false) as removed
      from removed`,
    values: [userId],
  })
  return rows[0]?.removed ?? false
}

/** Whether a user has a second factor that is in force. */
export async function hasTwoFactor(pool: pg.Pool, userId: string): Promise<boolean> {
  const { rows } = await pool.query<{ enabled: boolean }>({
    name: 'has_two_factor',
    text: `
      select u.two_factor_enabled as enabled
      from auth_users u
      where u.id = $1`,
    values: [userId],
  })
  return rows[0]?.enabled ?? false
}
