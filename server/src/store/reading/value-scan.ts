import type { SqlParameters } from '../database/sql-parameters.ts'
import { cameraOf } from '../filter/filter-terms.ts'
import type { LogFilter } from '../filter/log-filter.ts'
import { scanLines } from './line-scan.ts'
import type { Store } from './store.ts'

/** A column of a row, or the keys that lead to a value in its `extra_data`. */
export type ValuePlace = 'level' | 'source' | 'logger' | 'camera' | readonly string[]

/** When a row was, in milliseconds, and its values at the places asked for; null where it has none. */
export type ScannedValues = [at: number, ...values: unknown[]]

export type ScannedValueLines = {
  lines: ScannedValues[]
  /** Everything newer was looked at. */
  searched_to: string
}

/** Some values of the matching rows, newest first, as far as the caller reads on. */
export async function* scanValues(
  store: Store,
  filter: LogFilter,
  places: readonly ValuePlace[],
): AsyncGenerator<ScannedValueLines> {
  const line = (parameters: SqlParameters) => {
    const values = places.map((place) => ` || ',' || ${valueSql(place, filter, parameters)}`)
    return `'[' || floor(extract(epoch from r.timestamp) * 1000)${values.join('')} || E']\\n'`
  }
  for await (const { tuples, searched_to } of scanLines<ScannedValues>(store, filter, line)) {
    yield { lines: tuples, searched_to }
  }
}

function valueSql(place: ValuePlace, filter: LogFilter, parameters: SqlParameters): string {
  switch (place) {
    case 'level':
      return `'"' || r.level || '"'`
    case 'source':
      return 'to_json(r.source)::text'
    case 'logger':
      return `coalesce(to_json(r.logger_name)::text, 'null')`
    case 'camera':
      return `coalesce((${cameraOf('r.', filter.deleted_cameras ?? [], parameters)})::text, 'null')`
    default:
      return `coalesce((r.extra_data #> ${parameters.add(place)}::text[])::text, 'null')`
  }
}
