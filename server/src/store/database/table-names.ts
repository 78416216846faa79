import type pg from 'pg'

/** The columns of `logs`, in the order in which rows are copied. */
export const LOG_COLUMNS = [
  'id',
  'timestamp',
  'camera_id',
  'level',
  'source',
  'logger_name',
  'message',
  'extra_data',
] as const

/** The columns of `logs` as a list in SQL. */
export const LOG_COLUMN_LIST = LOG_COLUMNS.join(', ')

/**
 * The schema of the table of rows once `logs` is a view of these and of packed ones. Before that there is none of this name,
 * and PostgreSQL passes it over. One of another role is not searched: its tables would be taken for ours.
 */
export const ROWS_SCHEMA = 'timelapser_rows'

/** SQL of the oid of that schema, where it is this server's own; none otherwise. */
export const OWN_ROWS_SCHEMA = `(
          select oid
          from pg_namespace
          where nspname = '${ROWS_SCHEMA}' and pg_has_role(current_user, nspowner, 'member')
        )`

/** The name, or the first of `name_2`, `name_3`, … that no table has: a cleared partition keeps its own for an undo. */
export async function freeTableName(client: pg.PoolClient, name: string): Promise<string> {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name}_${number}`
    const { rows } = await client.query<{ taken: boolean }>({
      name: 'is_table_name_taken',
      text: 'select to_regclass($1) is not null as taken',
      values: [candidate],
    })
    if (!rows[0]?.taken) return candidate
  }
}
