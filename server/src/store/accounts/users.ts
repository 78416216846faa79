import type pg from 'pg'
import { IS_EXTERNAL, type User, type UserRole } from './accounts.ts'

/** A person as administrators see them: nothing here opens anything. */
export type ListedUser = {
  id: string
  name: string
  role: UserRole
  cameras: number[] | null
  disabled: boolean
  /** Whether they have chosen a password; without one they were invited and never came. */
  has_password: boolean
  /** Whether they sign in by a provider, whose groups say what they may do. */
  is_external: boolean
  /** Whether a code of an app is asked for beside the password. */
  two_factor: boolean
  last_sign_in_at: string | null
  created_at: string
}

export type UserChange = {
  role?: UserRole | undefined
  cameras?: readonly number[] | null | undefined
  disabled?: boolean | undefined
}

const COLUMNS = `
  u.id, u.name, u.role, u.cameras, u.disabled, u.two_factor_enabled as two_factor, u.last_sign_in_at, u.created_at,
  exists (
    select 1
    from auth_accounts a
    where a.user_id = u.id and a.password is not null
  ) as has_password,
  ${IS_EXTERNAL}`

/** Everybody, by name. */
export async function listUsers(pool: pg.Pool): Promise<ListedUser[]> {
  const { rows } = await pool.query<ListedUser>({
    name: 'list_users',
    text: `
      select ${COLUMNS}
      from auth_users u
      order by u.username`,
  })
  return rows
}

/** Locks the user and all administrators, in one order, so that two of them cannot remove each other at once. */
export async function lockUser(client: pg.PoolClient, id: string): Promise<ListedUser | undefined> {
  await client.query({
    name: 'lock_administrators',
    text: `
      select id
      from auth_users
      where role = 'admin' or id = $1
      order by id
      for update`,
    values: [id],
  })
  return findUser(client, id)
}

/** One of them. */
export async function findUser(client: pg.Pool | pg.PoolClient, id: string): Promise<ListedUser | undefined> {
  const { rows } = await client.query<ListedUser>({
    name: 'find_user',
    text: `
      select ${COLUMNS}
      from auth_users u
      where u.id = $1`,
    values: [id],
  })
  return rows[0]
}

/** Saves what a user may do from now on. Administrators see everything: their camera grants are dropped. */
export async function saveUser(client: pg.PoolClient, user: ListedUser): Promise<void> {
  await client.query({
    name: 'save_user',
    text: `
      update auth_users
      set role = $2, cameras = $3::integer[], disabled = $4, updated_at = now()
      where id = $1`,
    values: [user.id, user.role, user.role === 'admin' ? null : user.cameras, user.disabled],
  })
}

/** Removes a user with their sessions, links and password. */
export async function deleteUser(client: pg.PoolClient, id: string): Promise<void> {
  await client.query({ name: 'delete_user', text: 'delete from auth_users where id = $1', values: [id] })
}

/** Notes that somebody has just come in, and answers with who they are now; undefined when they may not (any more). */
export async function admitUser(pool: pg.Pool, id: string): Promise<User | undefined> {
  const { rows } = await pool.query<User>({
    name: 'admit_user',
    text: `
      update auth_users u
      set last_sign_in_at = now()
      where u.id = $1 and not u.disabled
      returning u.id, u.name, u.role, u.cameras, ${IS_EXTERNAL}`,
    values: [id],
  })
  return rows[0]
}

/** Makes every server look anew at who is signed in and what they may do, once this is committed. */
export async function tellServers(client: pg.PoolClient): Promise<void> {
  await client.query({ name: 'tell_of_users', text: "select pg_notify('sessions', '')" })
}
