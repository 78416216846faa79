import type pg from 'pg'

export const MARK_KINDS = ['deploy', 'note'] as const
export type MarkKind = (typeof MARK_KINDS)[number]

/** Something that happened at a moment, written beside the lines of its time. */
export type Mark = {
  id: number
  at: string
  kind: MarkKind
  text: string
  /** As the person or key was called that wrote it. */
  author: string
  created_at: string
}

/** Marks that are kept. */
export const MAX_MARKS = 10_000

/** Marks of all keys that send lines, and of each of them, which keeps its newest: their secrets are in many places. */
export const MAX_MARKS_OF_KEYS = 8000
const MAX_MARKS_A_KEY = 1000

const COLUMNS = 'id, at, kind, text, author, created_at'

/** The newest in a range, newest first, and how many are in it; unset ends are open. */
export async function listMarks(
  pool: pg.Pool,
  { start = null, end = null, limit }: { start?: string | null; end?: string | null; limit: number },
): Promise<{ marks: Mark[]; total: number }> {
  const { rows } = await pool.query<Mark & { total: number }>({
    name: 'list_marks',
    text: `
      select ${COLUMNS}, (count(*) over ())::integer as total
      from marks
      where at >= coalesce($1::timestamptz, '-infinity') and at <= coalesce($2::timestamptz, 'infinity')
      order by at desc, id desc
      limit $3`,
    values: [start, end, limit],
  })
  return { marks: rows.map(({ total: _, ...mark }) => mark), total: rows[0]?.total ?? 0 }
}

/** Undefined when there are `most` already. */
export async function createMark(
  client: pg.PoolClient,
  { at, kind, text, author, owner }: Pick<Mark, 'at' | 'kind' | 'text' | 'author'> & { owner: string },
  most: number,
): Promise<Mark | undefined> {
  const { rows } = await client.query<Mark>({
    name: 'create_mark',
    text: `
      insert into marks (at, kind, text, author, owner)
      select $1, $2, $3, $4, $5
      where (select count(*) from marks) < $6
      returning ${COLUMNS}`,
    values: [at, kind, text, author, owner, most],
  })
  return rows[0]
}

/** Deletes the mark that the owner added first, if there are as many of the owner's as a key may have; returns it. */
export async function displaceMark(client: pg.PoolClient, owner: string): Promise<Mark | undefined> {
  const { rows } = await client.query<Mark>({
    name: 'displace_mark',
    text: `
      delete from marks
      where id = (select min(id) from marks where owner = $1)
        and (select count(*) from marks where owner = $1) >= ${MAX_MARKS_A_KEY}
      returning ${COLUMNS}`,
    values: [owner],
  })
  return rows[0]
}

/** The mark that was deleted; undefined when there is none. */
export async function deleteMark(client: pg.PoolClient, id: number): Promise<Mark | undefined> {
  const { rows } = await client.query<Mark>({
    name: 'delete_mark',
    text: `
      delete from marks
      where id = $1
      returning ${COLUMNS}`,
    values: [id],
  })
  return rows[0]
}
