import type pg from 'pg'

/** A search that somebody keeps under a name. */
export type StoredView = {
  id: number
  /** `user` or `key` and its id. */
  owner: string
  /** As the owner was called when the view was saved. */
  owner_name: string
  name: string
  /** The parameters of a list, as they stand in a URL. */
  query: string
  shared: boolean
  created_at: string
  updated_at: string
}

export type ViewFields = Pick<StoredView, 'name' | 'query' | 'shared'>

const COLUMNS = 'id, owner, owner_name, name, query, shared, created_at, updated_at'

/** Those of an owner and the shared ones of others, by name. */
export async function listViews(pool: pg.Pool, owner: string): Promise<StoredView[]> {
  const { rows } = await pool.query<StoredView>({
    name: 'list_views',
    text: `
      select ${COLUMNS}
      from saved_views
      where owner = $1 or shared
      order by lower(name), id`,
    values: [owner],
  })
  return rows
}

/** The view, locked until the transaction ends. */
export async function lockView(client: pg.PoolClient, id: number): Promise<StoredView | undefined> {
  const { rows } = await client.query<StoredView>({
    name: 'lock_view',
    text: `
      select ${COLUMNS}
      from saved_views
      where id = $1
      for update`,
    values: [id],
  })
  return rows[0]
}

/** How many an owner has, and how many are shared in all. */
export async function countViews(
  client: pg.PoolClient,
  owner: string,
): Promise<{ own: number; shared: number }> {
  const { rows } = await client.query<{ own: number; shared: number }>({
    name: 'count_views',
    text: `
      select count(*) filter (where owner = $1) as own, count(*) filter (where shared) as shared
      from saved_views
      where owner = $1 or shared`,
    values: [owner],
  })
  return rows[0] ?? { own: 0, shared: 0 }
}

/** Undefined when the owner has one of this name. */
export async function createView(
  client: pg.PoolClient,
  { owner, owner_name, name, query, shared }: ViewFields & Pick<StoredView, 'owner' | 'owner_name'>,
): Promise<StoredView | undefined> {
  const { rows } = await client.query<StoredView>({
    name: 'create_view',
    text: `
      insert into saved_views (owner, owner_name, name, query, shared)
      values ($1, $2, $3, $4, $5)
      on conflict (owner, name) do nothing
      returning ${COLUMNS}`,
    values: [owner, owner_name, name, query, shared],
  })
  return rows[0]
}

/** Undefined when the owner has another one of this name. */
export async function saveView(
  client: pg.PoolClient,
  { id, name, query, shared }: ViewFields & { id: number },
): Promise<StoredView | undefined> {
  const { rows } = await client.query<StoredView>({
    name: 'save_view',
    text: `
      update saved_views v
      set name = $2, query = $3, shared = $4, updated_at = now()
      where id = $1
        and not exists (select 1 from saved_views o where o.owner = v.owner and o.name = $2 and o.id <> v.id)
      returning ${COLUMNS}`,
    values: [id, name, query, shared],
  })
  return rows[0]
}

export async function deleteView(client: pg.PoolClient, id: number): Promise<void> {
  await client.query({ name: 'delete_view', text: 'delete from saved_views where id = $1', values: [id] })
}
