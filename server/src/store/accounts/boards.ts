import type pg from 'pg'

export const CHART_WIDTHS = ['third', 'half', 'two_thirds', 'full'] as const
export type ChartWidth = (typeof CHART_WIDTHS)[number]

/** A chart as it is pinned to a board. */
export type PinnedChart = {
  title: string
  /** The parameters of the screen Chart, as they stand in a URL. */
  query: string
  width: ChartWidth
  /** Whether the range of `query` counts, and not that of the board. */
  own_range: boolean
}

export type BoardFields = {
  name: string
  shared: boolean
  /** The range as it stands in a URL; empty for the last 24 hours. */
  range: string
  /** 0 for never. */
  refresh_seconds: number
  charts: PinnedChart[]
}

/** Charts that somebody keeps together. */
export type StoredBoard = BoardFields & {
  id: number
  /** `user` or `key` and its id. */
  owner: string
  /** As the owner was called when the board was made. */
  owner_name: string
  version: number
  created_at: string
  updated_at: string
}

/** A board in a list: without its charts, with their number. */
export type ListedBoard = Omit<StoredBoard, 'charts'> & { total_charts: number }

const LISTED = 'id, owner, owner_name, name, shared, range, refresh_seconds, version, created_at, updated_at'
const COLUMNS = `${LISTED}, charts`

/** Those of an owner and the shared ones of others, by name. */
export async function listBoards(pool: pg.Pool, owner: string): Promise<ListedBoard[]> {
  const { rows } = await pool.query<ListedBoard>({
    name: 'list_boards',
    text: `
      select ${LISTED}, jsonb_array_length(charts) as total_charts
      from boards
      where owner = $1 or shared
      order by lower(name), id`,
    values: [owner],
  })
  return rows
}

/** One that is the owner's or shared. */
export async function readBoard(pool: pg.Pool, id: number, owner: string): Promise<StoredBoard | undefined> {
  const { rows } = await pool.query<StoredBoard>({
    name: 'read_board',
    text: `
      select ${COLUMNS}
      from boards
      where id = $1 and (owner = $2 or shared)`,
    values: [id, owner],
  })
  return rows[0]
}

/** The board, locked until the transaction ends. */
export async function lockBoard(client: pg.PoolClient, id: number): Promise<StoredBoard | undefined> {
  const { rows } = await client.query<StoredBoard>({
    name: 'lock_board',
    text: `
      select ${COLUMNS}
      from boards
      where id = $1
      for update`,
    values: [id],
  })
  return rows[0]
}

/** How many an owner has, and how many are shared in all. */
export async function countBoards(
  client: pg.PoolClient,
  owner: string,
): Promise<{ own: number; shared: number }> {
  const { rows } = await client.query<{ own: number; shared: number }>({
    name: 'count_boards',
    text: `
      select count(*) filter (where owner = $1) as own, count(*) filter (where shared) as shared
      from boards
      where owner = $1 or shared`,
    values: [owner],
  })
  return rows[0] ?? { own: 0, shared: 0 }
}

/** Undefined when the owner has one of this name. */
export async function createBoard(
  client: pg.PoolClient,
  fields: BoardFields & Pick<StoredBoard, 'owner' | 'owner_name'>,
): Promise<StoredBoard | undefined> {
  const { owner, owner_name, name, shared, range, refresh_seconds, charts } = fields
  const { rows } = await client.query<StoredBoard>({
    name: 'create_board',
    text: `
      insert into boards (owner, owner_name, name, shared, range, refresh_seconds, charts)
      values ($1, $2, $3, $4, $5, $6, $7)
      on conflict (owner, name) do nothing
      returning ${COLUMNS}`,
    values: [owner, owner_name, name, shared, range, refresh_seconds, JSON.stringify(charts)],
  })
  return rows[0]
}

/** Undefined when the owner has another one of this name. */
export async function saveBoard(
  client: pg.PoolClient,
  { id, name, shared, range, refresh_seconds, charts }: BoardFields & { id: number },
): Promise<StoredBoard | undefined> {
  const { rows } = await client.query<StoredBoard>({
    name: 'save_board',
    text: `
      update boards b
      set name = $2, shared = $3, range = $4, refresh_seconds = $5, charts = $6, version = version + 1,
        updated_at = now()
      where id = $1
        and not exists (select 1 from boards o where o.owner = b.owner and o.name = $2 and o.id <> b.id)
      returning ${COLUMNS}`,
    values: [id, name, shared, range, refresh_seconds, JSON.stringify(charts)],
  })
  return rows[0]
}

export async function deleteBoard(client: pg.PoolClient, id: number): Promise<void> {
  await client.query({ name: 'delete_board', text: 'delete from boards where id = $1', values: [id] })
}
