import type { SqlParameters } from '../database/sql-parameters.ts'

/** Longer ones fit in no page of an index and would fail its whole build; they are found by reading the rows. */
const MAX_INDEXED_REQUEST_BYTES = 500

/** The condition on a request that lets its index be used, beside the id itself. */
export const REQUEST_IS_INDEXED = `octet_length(extra_data ->> 'request_id') <= ${MAX_INDEXED_REQUEST_BYTES}`

/** The source under which a camera's records come when they do not name its id. */
export function cameraSource(camera: number): string {
  return `camera_${camera}`
}

/** One value as an equation, which an ordered index serves, several as `= any`. */
export function isOneOf(
  column: string,
  values: readonly unknown[],
  type: string,
  parameters: Pick<SqlParameters, 'add'>,
): string {
  if (values.length === 1) return `${column} = ${parameters.add(values[0])}::${type}`
  return `${column} = any (${parameters.add(values)}::${type}[])`
}

/** A request, as its index is asked for it. */
export function isRequest(id: string, parameters: Pick<SqlParameters, 'add'>): string {
  const is = `extra_data ->> 'request_id' = ${parameters.add(id)}`
  return Buffer.byteLength(id) <= MAX_INDEXED_REQUEST_BYTES ? `${is} and ${REQUEST_IS_INDEXED}` : is
}

/** Text that `like` takes literally. */
export function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&')
}

/**
 * SQL of the one camera that a row is counted for: the camera it names, else the camera of its source `camera_<id>`. A
 * deleted camera's rows have none.
 *
 * @param row the name of the relation with a dot, or nothing
 */
export function cameraOf(
  row: string,
  deletedCameras: readonly number[],
  parameters: Pick<SqlParameters, 'add'>,
): string {
  const named =
    deletedCameras.length > 0
      ? `case when ${row}camera_id <> all (${parameters.add(deletedCameras)}::integer[]) then ${row}camera_id end`
      : `${row}camera_id`
  // Nine digits fit an integer.
  return `coalesce(${named}, case when ${row}source ~ '^camera_[1-9][0-9]{0,8}$' then substr(${row}source, 8)::integer end)`
}
