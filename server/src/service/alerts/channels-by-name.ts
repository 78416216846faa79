import type pg from 'pg'
import { listChannels } from '../../store/alerts/alert-channels.ts'

/** The ids of channels by the names that rules call them by. */
export async function channelsByName(client: pg.PoolClient): Promise<Map<string, number>> {
  return new Map((await listChannels(client)).map(({ name, id }) => [name, id]))
}
