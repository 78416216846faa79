import { readerFor } from '../database/reader.ts'
import { SqlParameters } from '../database/sql-parameters.ts'
import type { LogFilter } from '../filter/log-filter.ts'
import { type LastSteps, newestOfSteps, type PartOfStep, partConditions } from './newest-of-steps.ts'
import type { Store } from './store.ts'

/** The newest timestamp of each source; see `newestOfSteps`. */
export function newestBySource(
  store: Store,
  filter: LogFilter,
  lastSteps: LastSteps<string>,
): Promise<Map<string, string>> {
  return newestOfSteps(store, lastSteps, (sources, part) => newestWithin(store, filter, sources, part))
}

async function newestWithin(
  store: Store,
  filter: LogFilter,
  sources: readonly string[],
  part: PartOfStep,
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
