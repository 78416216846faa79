import { type ReadFrom, readerFor } from '../database/reader.ts'
import { SqlParameters } from '../database/sql-parameters.ts'
import { fromMillis, HOUR } from '../database/timestamp.ts'
import type { LogFilter } from '../filter/log-filter.ts'
import { cameraSource } from '../filter/search-conditions.ts'
import { countedRows } from './counts.ts'

/** Rows of one camera in one step of time; `errors` are those of ERROR and CRITICAL. */
export type CameraBucket = { camera_id: number; bucket: string; logs: number; errors: number }

/**
 * Rows by camera in steps of `bucketMs`, the first starting at `origin` (milliseconds), both whole minutes; steps without
 * rows left out. A camera's rows are those with its id and those of the source `camera_<id>`, as its filter finds them.
 * One statement on the kept counts.
 *
 * @param filter must be `isCountable`
 */
export async function countByCameras(
  from: ReadFrom,
  filter: LogFilter,
  cameras: readonly number[],
  origin: number,
  bucketMs: number,
): Promise<CameraBucket[]> {
  const parameters = new SqlParameters()
  const grain = bucketMs % HOUR === 0 && origin % HOUR === 0 ? 'hour' : 'minute'
  const counted = countedRows({ ...filter, cameras }, parameters, grain)
  const ids = parameters.add(cameras)
  const sources = parameters.add(cameras.map(cameraSource))
  const bin = `date_bin(${parameters.add(bucketMs)}::bigint * interval '1 millisecond', bucket, ${parameters.add(fromMillis(origin))}::timestamptz)`
  const text = `
    /* count_by_cameras */
    with binned as (
      select ${bin} as bucket, camera_id, source, sum(rows) as logs,
        coalesce(sum(rows) filter (where level in ('ERROR', 'CRITICAL')), 0) as errors
      from ${counted} c
      group by 1, 2, 3
    )
    select id as camera_id, bucket, sum(logs)::bigint as logs, sum(errors)::bigint as errors
    from (
      select camera_id as id, bucket, logs, errors from binned where camera_id = any (${ids}::integer[])
      union all
      select known.id, bucket, logs, errors
      from unnest(${ids}::integer[], ${sources}::text[]) as known (id, source)
      join binned on binned.source = known.source and binned.camera_id is distinct from known.id
    ) named
    group by 1, 2
    having sum(logs) > 0`
  const { rows } = await readerFor(from).query<CameraBucket>(text, parameters.values)
  return rows
}
