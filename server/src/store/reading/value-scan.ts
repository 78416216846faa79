import type { SqlParameters } from '../database/sql-parameters.ts'
import type { LogFilter } from '../filter/log-filter.ts'
import { scanLines } from './line-scan.ts'
import type { Position } from './log-rows.ts'
import type { Store } from './store.ts'
import { hashSql, type ValuePlace, valueAt } from './value-places.ts'

/** A value, or the hash that tells it from others. */
export type ScannedPlace = ValuePlace | { hashOf: ValuePlace }

/** When a row was, in milliseconds, and its values at the places asked for; null where it has none. */
export type ScannedValues = [at: number, ...values: unknown[]]

export type ScannedValueLines = {
  lines: ScannedValues[]
  /** Everything newer was looked at. */
  searched_to: string
  /** The last row that was looked at. */
  edge: Position
}

/**
 * Some values of the matching rows, newest first, as far as the caller reads on.
 *
 * @param beyond only rows older than this position
 */
export async function* scanValues(
  store: Store,
  filter: LogFilter,
  places: readonly ScannedPlace[],
  beyond?: Position,
): AsyncGenerator<ScannedValueLines> {
  const line = (parameters: SqlParameters) => {
    const values = places.map((place) => ` || ',' || ${valueSql(place, filter, parameters)}`)
    return `'[' || floor(extract(epoch from r.timestamp) * 1000)${values.join('')} || E']\\n'`
  }
  for await (const { tuples, edge } of scanLines<ScannedValues>(store, filter, line, { beyond })) {
    yield { lines: tuples, searched_to: edge.timestamp, edge }
  }
}

function valueSql(place: ScannedPlace, filter: LogFilter, parameters: SqlParameters): string {
  if (typeof place === 'object' && 'hashOf' in place) {
    const { hashOf } = place
    return `coalesce((${hashSql(hashOf, valueAt(hashOf, 'r.', filter, parameters))})::text, 'null')`
  }
  const value = valueAt(place, 'r.', filter, parameters)
  if (place === 'level') return `'"' || ${value} || '"'`
  if (place === 'source') return `to_json(${value})::text`
  if (place === 'logger') return `coalesce(to_json(${value})::text, 'null')`
  return `coalesce((${value})::text, 'null')`
}
