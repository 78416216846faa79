import type pg from 'pg'

/** One browser that somebody is signed in with. */
export type ListedSession = {
  id: string
  created_at: string
  expires_at: string
  ip_address: string | null
  user_agent: string | null
  /** Whether it is the session of this request. */
  current: boolean
}

/** The sessions of a user that have not ended, newest first. */
export async function listSessions(pool: pg.Pool, userId: string, token: string): Promise<ListedSession[]> {
  const { rows } = await pool.query<ListedSession>({
    name: 'list_sessions',
    text: `
      select id, created_at, expires_at, ip_address, user_agent, token = $2 as current
      from auth_sessions
      where user_id = $1 and expires_at > now()
      order by created_at desc, id`,
    values: [userId, token],
  })
  return rows
}

/** Ends a session of a user, and informs every server; false when the session is not theirs. */
export async function endSession(client: pg.PoolClient, userId: string, id: string): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'end_session',
    text: `
      with ended as (
        delete from auth_sessions
        where user_id = $1 and id = $2
        returning id
      )
      select pg_notify('sessions', '')
      from ended`,
    values: [userId, id],
  })
  return rowCount !== 0
}

/** Ends the sessions of a user, except the session of the given token, and informs every server; returns how many. */
export async function endSessions(
  client: pg.PoolClient,
  userId: string,
  exceptToken: string | null = null,
): Promise<number> {
  const { rows } = await client.query<{ ended: number }>({
    name: 'end_sessions',
    text: `
      with ended as (
        delete from auth_sessions
        where user_id = $1 and token is distinct from $2
        returning id
      ), told as (
        select pg_notify('sessions', '')
      )
      select (select count(*) from ended)::integer as ended
      from told`,
    values: [userId, exceptToken],
  })
  return rows[0]?.ended ?? 0
}

/** Ends the session of this token; nobody has its cookie yet, so no server has to be informed. */
export async function withdrawSession(pool: pg.Pool, token: string): Promise<void> {
  await pool.query({
    name: 'withdraw_session',
    text: 'delete from auth_sessions where token = $1',
    values: [token],
  })
}
