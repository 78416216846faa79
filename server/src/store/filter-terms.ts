import { MAX_INDEXED_REQUEST_BYTES, REQUEST_IS_INDEXED } from './partition-indexes.ts'
import type { SqlParameters } from './sql-parameters.ts'

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
