import type { SqlParameters } from '../database/sql-parameters.ts'

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
