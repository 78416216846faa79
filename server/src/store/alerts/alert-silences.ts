import type pg from 'pg'

/** Holds notices back for a time. */
export type StoredSilence = {
  id: number
  /** Null: every rule. */
  rule_id: number | null
  /** Null: every group. */
  group_key: string | null
  reason: string
  author: string
  starts_at: string
  ends_at: string
}

const COLUMNS = 'id, rule_id, group_key, reason, author, starts_at, ends_at'

/** Silences that have not ended by the database's clock, ordered by their end. */
export async function listSilences(reader: pg.Pool | pg.PoolClient): Promise<StoredSilence[]> {
  const { rows } = await reader.query<StoredSilence>({
    name: 'list_alert_silences',
    text: `
      select ${COLUMNS}
      from alert_silences
      where ends_at > log_clock()
      order by ends_at, id
      limit 1000`,
  })
  return rows
}

/** @param minutes from now, by the database's clock, or from `starts_at` */
export async function createSilence(
  client: pg.PoolClient,
  silence: Pick<StoredSilence, 'rule_id' | 'group_key' | 'reason' | 'author'> & {
    starts_at: string | null
    minutes: number
  },
): Promise<StoredSilence | undefined> {
  const { rule_id, group_key, reason, author, starts_at, minutes } = silence
  const { rows } = await client.query<StoredSilence>({
    name: 'create_alert_silence',
    text: `
      insert into alert_silences (rule_id, group_key, reason, author, starts_at, ends_at)
      select $1, $2, $3, $4, begins, begins + $6::integer * interval '1 minute'
      from (select coalesce($5::timestamptz, log_clock()) as begins) b
      where (select count(*) from alert_silences where ends_at > log_clock()) < 1000
      returning ${COLUMNS}`,
    values: [rule_id, group_key, reason, author, starts_at, minutes],
  })
  return rows[0]
}

/** Ends a silence now; undefined when there is none that is not over. */
export async function endSilence(client: pg.PoolClient, id: number): Promise<StoredSilence | undefined> {
  const { rows } = await client.query<StoredSilence>({
    name: 'end_alert_silence',
    text: `
      delete from alert_silences
      where id = $1 and ends_at > log_clock()
      returning ${COLUMNS}`,
    values: [id],
  })
  return rows[0]
}
