import type pg from 'pg'
import type { Dimensions } from './alert-matches.ts'

export type LifeSign = Dimensions & { seen_at: string }

/** Notes that lines with these dimensions came just now, by the database's clock. */
export async function saveSigns(pool: pg.Pool, signs: readonly Dimensions[]): Promise<void> {
  await pool.query({
    name: 'save_alert_signs',
    text: `
      insert into alert_signs as s (level, source, camera_id, seen_at)
      select level, source, camera_id, log_clock()
      from unnest($1::text[], $2::text[], $3::integer[]) as t (level, source, camera_id)
      order by level, source, camera_id
      on conflict (level, source, camera_id) do update
      set seen_at = greatest(s.seen_at, excluded.seen_at)`,
    values: [
      signs.map(({ level }) => level),
      signs.map(({ source }) => source),
      signs.map(({ camera_id }) => camera_id),
    ],
  })
}

/** Signs seen after an instant, up to another one. */
export async function readSigns(client: pg.PoolClient, after: string, until: string): Promise<LifeSign[]> {
  const { rows } = await client.query<LifeSign>({
    name: 'read_alert_signs',
    text: `
      select level, source, camera_id, seen_at
      from alert_signs
      where seen_at > $1::timestamptz and seen_at <= $2::timestamptz`,
    values: [after, until],
  })
  return rows
}
