import type { Level } from '@timelapser/logger'
import { readerFor } from '../database/reader.ts'
import { SqlParameters } from '../database/sql-parameters.ts'
import type { LogFilter } from '../filter/log-filter.ts'
import { cameraSource } from '../filter/search-conditions.ts'
import { countDimensions } from './log-overview.ts'
import { type LastSteps, lastSteps, newestOfPart, newestOfSteps, type PartOfStep } from './newest-of-steps.ts'
import type { Store } from './store.ts'

/** A camera's newest row, its message cut to 500 characters. */
export type LastLine = { id: number; timestamp: string; level: Level; message: string }

/**
 * The newest row of each camera, by its id or by the source `camera_<id>`; cameras without any are left out. The kept
 * counts name the day or month it is in: one statement on them, and one for each that was some camera's last, more where
 * these are cut finely.
 */
export async function newestByCamera(
  store: Store,
  filter: LogFilter,
  cameras: readonly number[],
): Promise<Map<number, LastLine>> {
  const bySource = new Map(cameras.map((camera) => [cameraSource(camera), camera]))
  const stepsOf: LastSteps<number> = async (certainty) => {
    const counts = await countDimensions(store, { ...filter, cameras }, certainty)
    const steps = lastSteps(counts, ({ camera_id, source }) =>
      [camera_id, bySource.get(source)].filter((camera) => camera != null),
    )
    return [...steps].filter(([camera]) => cameras.includes(camera))
  }
  return newestOfSteps(store, stepsOf, (ids, part) => newestWithin(store, filter, ids, part))
}

async function newestWithin(
  store: Store,
  filter: LogFilter,
  cameras: readonly number[],
  part: PartOfStep,
): Promise<(readonly [camera: number, line: LastLine])[]> {
  const parameters = new SqlParameters()
  const ids = parameters.add(cameras)
  const sources = parameters.add(cameras.map(cameraSource))
  // Two lookups, each in the order of an index: with `or` all rows of the camera would be read and sorted.
  const select = 'id, timestamp, level, left(message, 500) as message'
  const newestWhere = (isOfKey: string) => newestOfPart(part, filter, { select, isOfKey }, parameters)
  const text = `
  /* newest_by_camera */
  select known.id as camera_id, newest.id, newest.timestamp, newest.level, newest.message
  from unnest(${ids}::integer[], ${sources}::text[]) as known (id, source)
  cross join lateral (
    select *
    from (
      select * from ${newestWhere('camera_id = known.id')} by_id
      union all
      select * from ${newestWhere('source = known.source')} by_source
    ) either
    order by timestamp desc, id desc
    limit 1
  ) newest`
  const { rows } = await readerFor(store).query<LastLine & { camera_id: number }>(text, parameters.values)
  return rows.map(({ camera_id, ...line }) => [camera_id, line])
}
