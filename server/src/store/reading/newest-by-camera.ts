import type { Level } from '@timelapser/logger'
import { readerFor } from '../database/reader.ts'
import { SqlParameters } from '../database/sql-parameters.ts'
import { toMillis } from '../database/timestamp.ts'
import { cameraSource } from '../filter/filter-terms.ts'
import type { LogFilter } from '../filter/log-filter.ts'
import { countDimensions } from './log-overview.ts'
import { type LastDays, newestOfDays, type PartOfDay, partConditions } from './newest-of-days.ts'
import type { Store } from './store.ts'

/** A camera's newest row, its message cut to 500 characters. */
export type LastLine = { id: number; timestamp: string; level: Level; message: string }

/**
 * The newest row of each camera, by its id or by the source `camera_<id>`; cameras without any are left out. The kept
 * counts name the day it is in: one statement on them, and one for each day that was some camera's last, more where days
 * are cut finely.
 */
export async function newestByCamera(
  store: Store,
  filter: LogFilter,
  cameras: readonly number[],
): Promise<Map<number, LastLine>> {
  const lastDays: LastDays<number> = (days) => lastDayOf(store, filter, cameras, days)
  return newestOfDays(store, lastDays, (ids, part) => newestWithin(store, filter, ids, part))
}

async function lastDayOf(
  store: Store,
  filter: LogFilter,
  cameras: readonly number[],
  of: 'counted' | 'net',
): Promise<[camera: number, day: number][]> {
  const counts = await countDimensions(store, { ...filter, cameras }, of)
  const bySource = new Map(cameras.map((camera) => [cameraSource(camera), camera]))
  const days = new Map<number, number>()
  for (const { camera_id, source, last_day } of counts) {
    for (const camera of [camera_id, bySource.get(source)]) {
      if (camera != null) days.set(camera, Math.max(days.get(camera) ?? 0, toMillis(last_day)))
    }
  }
  return [...days].filter(([camera]) => cameras.includes(camera))
}

async function newestWithin(
  store: Store,
  filter: LogFilter,
  cameras: readonly number[],
  part: PartOfDay,
): Promise<(readonly [camera: number, line: LastLine])[]> {
  const parameters = new SqlParameters()
  const ids = parameters.add(cameras)
  const sources = parameters.add(cameras.map(cameraSource))
  const conditions = partConditions(part, filter, parameters)
  // Two lookups, each in the order of an index: with `or` all rows of the camera would be read and sorted.
  const newestWhere = (condition: string) => `(
      select id, timestamp, level, left(message, 500) as message
      from logs
      where ${condition} and ${conditions}
      order by timestamp desc, id desc
      limit 1
    )`
  const text = `
  /* newest_by_camera */
  select known.id as camera_id, newest.id, newest.timestamp, newest.level, newest.message
  from unnest(${ids}::integer[], ${sources}::text[]) as known (id, source)
  cross join lateral (
    select *
    from (
      ${newestWhere('camera_id = known.id')}
      union all
      ${newestWhere('source = known.source')}
    ) either
    order by timestamp desc, id desc
    limit 1
  ) newest`
  const { rows } = await readerFor(store.pool, store.signal).query<LastLine & { camera_id: number }>(
    text,
    parameters.values,
  )
  return rows.map(({ camera_id, ...line }) => [camera_id, line])
}
