import { readerFor } from '../database/reader.ts'
import { SqlParameters } from '../database/sql-parameters.ts'
import type { LogFilter } from '../filter/log-filter.ts'
import { type LastSteps, newestOfPart, newestOfSteps, type PartOfStep } from './newest-of-steps.ts'
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
  const chosen = { select: 'timestamp, id', isOfKey: 'source = s.name' }
  const text = `
  /* newest_by_source */
  select s.name as source, newest.timestamp
  from unnest(${names}::text[]) as s (name)
  cross join lateral ${newestOfPart(part, filter, chosen, parameters)} newest`
  const { rows } = await readerFor(store).query<{ source: string; timestamp: string }>(
    text,
    parameters.values,
  )
  return rows.map(({ source, timestamp }) => [source, timestamp])
}
