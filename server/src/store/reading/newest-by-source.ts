import { readerFor } from '../database/reader.ts'
import { SqlParameters } from '../database/sql-parameters.ts'
import type { LogFilter } from '../filter/log-filter.ts'
import { type LastDays, newestOfDays, type PartOfDay, partConditions } from './newest-of-days.ts'
import type { Store } from './store.ts'

/** The newest timestamp of each source; see `newestOfDays`. */
export function newestBySource(
  store: Store,
  filter: LogFilter,
  lastDays: LastDays<string>,
): Promise<Map<string, string>> {
  return newestOfDays(store, lastDays, (sources, part) => newestWithin(store, filter, sources, part))
}

async function newestWithin(
  store: Store,
  filter: LogFilter,
  sources: readonly string[],
  part: PartOfDay,
): Promise<(readonly [source: string, timestamp: string])[]> {
  const parameters = new SqlParameters()
  const names = parameters.add(sources)
  const conditions = partConditions(part, filter, parameters)
  const text = `
  /* newest_by_source */
  select s.name as source, newest.timestamp
  from unnest(${names}::text[]) as s (name)
  cross join lateral (
    select timestamp
    from logs
    where source = s.name and ${conditions}
    order by timestamp desc, id desc
    limit 1
  ) newest`
  const { rows } = await readerFor(store.pool, store.signal).query<{ source: string; timestamp: string }>(
    text,
    parameters.values,
  )
  return rows.map(({ source, timestamp }) => [source, timestamp])
}
