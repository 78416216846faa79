import type pg from 'pg'

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
