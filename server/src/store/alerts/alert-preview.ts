import { countedRows } from '../counts/counts.ts'
import type { Reader } from '../database/reader.ts'
import { SqlParameters } from '../database/sql-parameters.ts'
import type { LogFilter } from '../filter/log-filter.ts'

/** Lines of a group in a minute that is past. */
export type PastMinute = { group_key: string; minute: string; rows: number }

/** Minutes of one look into the past: three weeks of a group that writes each minute. */
const MAX_MINUTES = 300_000

const GROUP_KEYS = {
  camera: `coalesce(camera_id::text, substring(source from '^camera_([1-9][0-9]{0,9})$'))`,
  source: 'source',
} as const

/**
 * Lines by group and minute from the kept counts, oldest first; a rule without a text would have counted them.
 *
 * @param filter must be `isCountable`, between whole minutes
 * @returns undefined when there are more minutes than the limit
 */
export async function pastMinutes(
  reader: Reader,
  filter: LogFilter & { start: string; end: string },
  group_by: keyof typeof GROUP_KEYS | null,
): Promise<PastMinute[] | undefined> {
  const parameters = new SqlParameters()
  const key = group_by === null ? `''` : GROUP_KEYS[group_by]
  const text = `
    /* alert_past_minutes */
    select group_key, minute, rows
    from (
      select ${key} as group_key, bucket as minute, sum(rows)::bigint as rows
      from ${countedRows(filter, parameters, 'minute')} c
      group by 1, 2
      having sum(rows) > 0
    ) m
    where group_key is not null
    order by minute
    limit ${MAX_MINUTES + 1}`
  const { rows } = await reader.query<PastMinute>(text, parameters.values)
  return rows.length > MAX_MINUTES ? undefined : rows
}

/** Groups with lines of late, so that a new rule knows from the start whom it waits for. */
export async function recentGroups(
  reader: Reader,
  filter: LogFilter & { start: string; end: string },
  group_by: keyof typeof GROUP_KEYS,
  limit: number,
): Promise<string[]> {
  const parameters = new SqlParameters()
  const text = `
    /* alert_recent_groups */
    select ${GROUP_KEYS[group_by]} as group_key
    from ${countedRows(filter, parameters, 'minute')} c
    where ${GROUP_KEYS[group_by]} is not null
    group by 1
    having sum(rows) >= 2
    order by sum(rows) desc
    limit ${parameters.add(limit)}`
  const { rows } = await reader.query<{ group_key: string }>(text, parameters.values)
  return rows.map(({ group_key }) => group_key)
}
