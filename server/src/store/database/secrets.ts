import { randomBytes } from 'node:crypto'
import type pg from 'pg'

/**
 * The secret of this name, 256 random bits in hex, made when nobody has asked for it yet. It lies in the database and
 * not in a file because servers that share a database have to share it; a reader of the database has the logs
 * anyway.
 */
export async function readOrCreateSecret(pool: pg.Pool, name: string): Promise<string> {
  await pool.query({
    name: 'create_secret',
    text: `
      insert into secrets (name, value)
      values ($1, $2)
      on conflict (name) do nothing`,
    values: [name, randomBytes(32).toString('hex')],
  })
  const { rows } = await pool.query<{ value: string }>({
    name: 'read_secret',
    text: 'select value from secrets where name = $1',
    values: [name],
  })
  const [row] = rows
  if (!row) throw new Error(`The secret "${name}" was removed while it was being read`)
  return row.value
}
