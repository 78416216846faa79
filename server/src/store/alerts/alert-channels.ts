import type pg from 'pg'

/** Where notices go. */
export type StoredChannel = {
  id: number
  name: string
  kind: 'webhook' | 'email'
  /** The host, or the addressees: the part of the address that everybody may see. */
  target: string
  /** Encrypted; see `service/secret-box.ts`. */
  sealed: Buffer
  author: string
  created_at: string
  updated_at: string
}

export type ChannelFields = Pick<StoredChannel, 'name' | 'kind' | 'target' | 'sealed'>

const COLUMNS = 'id, name, kind, target, sealed, author, created_at, updated_at'

/** By name. */
export async function listChannels(reader: pg.Pool | pg.PoolClient): Promise<StoredChannel[]> {
  const { rows } = await reader.query<StoredChannel>({
    name: 'list_alert_channels',
    text: `
      select ${COLUMNS}
      from alert_channels
      order by lower(name)`,
  })
  return rows
}

export async function lockChannel(client: pg.PoolClient, id: number): Promise<StoredChannel | undefined> {
  const { rows } = await client.query<StoredChannel>({
    name: 'lock_alert_channel',
    text: `
      select ${COLUMNS}
      from alert_channels
      where id = $1
      for update`,
    values: [id],
  })
  return rows[0]
}

/** Undefined when the name is taken. */
export async function createChannel(
  client: pg.PoolClient,
  { name, kind, target, sealed, author }: ChannelFields & Pick<StoredChannel, 'author'>,
): Promise<StoredChannel | undefined> {
  const { rows } = await client.query<StoredChannel>({
    name: 'create_alert_channel',
    text: `
      insert into alert_channels (name, kind, target, sealed, author)
      values ($1, $2, $3, $4, $5)
      on conflict (name) do nothing
      returning ${COLUMNS}`,
    values: [name, kind, target, sealed, author],
  })
  return rows[0]
}

export async function saveChannel(
  client: pg.PoolClient,
  { id, kind, target, sealed }: Omit<ChannelFields, 'name'> & { id: number },
): Promise<StoredChannel | undefined> {
  const { rows } = await client.query<StoredChannel>({
    name: 'save_alert_channel',
    text: `
      update alert_channels
      set kind = $2, target = $3, sealed = $4, updated_at = now()
      where id = $1
      returning ${COLUMNS}`,
    values: [id, kind, target, sealed],
  })
  return rows[0]
}

/** Deletes a channel with what was on its way to it. */
export async function deleteChannel(client: pg.PoolClient, id: number): Promise<void> {
  await client.query({
    name: 'delete_alert_channel',
    text: `
      with deliveries as (
        delete from alert_deliveries where channel_id = $1
      )
      delete from alert_channels where id = $1`,
    values: [id],
  })
}
