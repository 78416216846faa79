import type { Level } from '@timelapser/logger'
import type { SqlParameters } from '../database/sql-parameters.ts'
import type { LogFilter } from '../filter/log-filter.ts'
import { scanLines } from './line-scan.ts'
import type { Store } from './store.ts'

/** The columns read from a row to summarise its fields. */
export type ScannedFields = {
  level: Level
  timestamp: string
  /** All of `extra_data`, or what stands at the path that was asked for; undefined where there is nothing. */
  value: unknown
}

export type ScannedFieldLines = {
  lines: ScannedFields[]
  /** Everything newer was looked at. */
  searched_to: string
}

/**
 * `extra_data` of the matching rows, newest first, as far as the caller reads on.
 *
 * @param path of the one value to be looked at; undefined for all of it
 */
export async function* scanFields(
  store: Store,
  filter: LogFilter,
  path: readonly string[] | undefined,
): AsyncGenerator<ScannedFieldLines> {
  const line = (parameters: SqlParameters) => {
    const value = path ? `r.extra_data #> ${parameters.add(path)}::text[]` : 'r.extra_data'
    return `'["' || r.level || '","' || replace(left(r.timestamp::text, -3), ' ', 'T') || 'Z"'
        || coalesce(',' || (${value})::text, '') || E']\\n'`
  }
  for await (const { tuples, searched_to } of scanLines<Tuple>(store, filter, line)) {
    yield { lines: tuples.map(([level, timestamp, value]) => ({ level, timestamp, value })), searched_to }
  }
}

type Tuple = [Level, string, unknown]
