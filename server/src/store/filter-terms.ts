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

/** Text that `like` takes literally. */
export function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&')
}
