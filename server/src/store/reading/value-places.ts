import type { SqlParameters } from '../database/sql-parameters.ts'
import type { LogFilter } from '../filter/log-filter.ts'
import { cameraOf } from '../filter/search-conditions.ts'

/** A column of a row, or the keys that lead to a value in its `extra_data`. */
export type ValuePlace = 'level' | 'source' | 'logger' | 'camera' | readonly string[]

/** Characters of a text and of other JSON that a group is known by: one more than is shown, and room for spaces. */
const TEXT_CHARACTERS = 201
const JSON_CHARACTERS = 600

/**
 * SQL of the value at a place: `jsonb` in `extra_data`, an integer for a camera, else text; null where there is none.
 *
 * @param row the name of the relation with a dot, or nothing
 */
export function valueAt(
  place: ValuePlace,
  row: string,
  filter: LogFilter,
  parameters: Pick<SqlParameters, 'add'>,
): string {
  switch (place) {
    case 'level':
    case 'source':
      return `${row}${place}`
    case 'logger':
      return `${row}logger_name`
    case 'camera':
      return cameraOf(row, filter.deleted_cameras ?? [], parameters)
    default: {
      const [key, ...more] = place
      // One key of an object is found in half the time of a path of one; a number would be the place in a list.
      if (key !== undefined && more.length === 0 && !/^-?\d+$/.test(key)) {
        return `(${row}extra_data -> ${parameters.add(key)}::text)`
      }
      return `(${row}extra_data #> ${parameters.add(place)}::text[])`
    }
  }
}

/** Bits of the hash that tells values apart: a number in JSON has 53. */
const HASH_BITS = 52

/**
 * SQL of a hash of such a value: the same for a number and the text that it is written as; null for none and for a JSON
 * null. Among a million values two are alike once in ten thousand times.
 */
export function hashSql(place: ValuePlace, value: string): string {
  return `hashtextextended(${textSql(place, value)}, 0) & ${2 ** HASH_BITS - 1}`
}

function textSql(place: ValuePlace, value: string): string {
  if (place === 'camera') return `${value}::text`
  if (typeof place === 'string') return value
  // 5 and 5.0 are one number.
  return `case jsonb_typeof(${value}) when 'number' then trim_scale(${value}::numeric)::text else ${value} #>> '{}' end`
}

/** SQL that writes such a value as JSON, long ones by their beginning. */
export function keyJson(place: ValuePlace, value: string): string {
  if (place === 'camera') return `${value}::text`
  if (typeof place === 'string') return `to_json(${value})::text`
  return `case
      when jsonb_typeof(${value}) = 'string' then to_json(left(${value} #>> '{}', ${TEXT_CHARACTERS}))::text
      when length(${value}::text) <= ${JSON_CHARACTERS} then ${value}::text
      else to_json(left(${value}::text, ${JSON_CHARACTERS}))::text
    end`
}
