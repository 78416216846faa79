import type pg from 'pg'
import type { UserRole } from './accounts.ts'

/** A person who signs in by a provider. */
export type ExternalUser = {
  id: string
  name: string
  role: UserRole
  cameras: number[] | null
  disabled: boolean
}

/** The provider's name for a person: the issuer and the subject, never a name or an e-mail, which others can get. */
export type ExternalAccount = { provider: string; subject: string }

/** The user of this account, locked until the transaction ends. */
export async function lockExternalUser(
  client: pg.PoolClient,
  { provider, subject }: ExternalAccount,
): Promise<ExternalUser | undefined> {
  const { rows } = await client.query<ExternalUser>({
    name: 'lock_external_user',
    text: `
      select u.id, u.name, u.role, u.cameras, u.disabled
      from auth_accounts a
      join auth_users u on u.id = a.user_id
      where a.provider_id = $1 and a.account_id = $2 and a.provider_id <> 'credential'
      for update of u`,
    values: [provider, subject],
  })
  return rows[0]
}

/** Makes a user of this account; undefined when the name is another user's. */
export async function createExternalUser(
  client: pg.PoolClient,
  account: ExternalAccount,
  user: Pick<ExternalUser, 'name' | 'role' | 'cameras'> & { username: string },
): Promise<ExternalUser | undefined> {
  const { rows } = await client.query<ExternalUser>({
    name: 'create_external_user',
    text: `
      with made as (
        insert into auth_users (name, username, email, role, cameras)
        values ($1, $2, gen_random_uuid() || '@users.invalid', $3, $4::integer[])
        on conflict (username) do nothing
        returning id, name, role, cameras, disabled
      ), account as (
        insert into auth_accounts (user_id, account_id, provider_id)
        select id, $6, $5
        from made
      )
      select id, name, role, cameras, disabled
      from made`,
    values: [user.name, user.username, user.role, user.cameras, account.provider, account.subject],
  })
  return rows[0]
}

/** Saves what the user may do from now on. */
export async function saveExternalUser(
  client: pg.PoolClient,
  { id, role, cameras }: Pick<ExternalUser, 'id' | 'role' | 'cameras'>,
): Promise<void> {
  await client.query({
    name: 'save_external_user',
    text: `
      update auth_users
      set role = $2, cameras = $3::integer[], updated_at = now()
      where id = $1`,
    values: [id, role, cameras],
  })
}
