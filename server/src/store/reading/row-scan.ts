import type { Level } from '@timelapser/logger'
import type { LogRow } from '../database/reader.ts'
import type { SqlParameters } from '../database/sql-parameters.ts'
import type { LogFilter } from '../filter/log-filter.ts'
import { scanLines } from './line-scan.ts'
import type { Order } from './log-rows.ts'
import type { Store } from './store.ts'

/** A row but for its camera's name, which nothing that looks through many rows asks for. */
export type ScannedRow = Omit<LogRow, 'camera_name'>

export type ScannedRows = {
  rows: ScannedRow[]
  /** All up to here, in the order of the scan, was looked at. */
  searched_to: string
}

/** Whole rows that match, in order, as far as the caller reads on. */
export async function* scanRows(store: Store, filter: LogFilter, order: Order): AsyncGenerator<ScannedRows> {
  const line = (parameters: SqlParameters) => rowLine(filter.deleted_cameras ?? [], parameters)
  for await (const { tuples, searched_to } of scanLines<Tuple>(store, filter, line, { order })) {
    yield { rows: tuples.map(toRow), searched_to }
  }
}

type Tuple = [
  number,
  string,
  Level,
  string,
  number | null,
  string | null,
  string,
  Record<string, unknown> | null,
]

function toRow([
  id,
  timestamp,
  level,
  source,
  camera_id,
  logger_name,
  message,
  extra_data,
]: Tuple): ScannedRow {
  return { id, timestamp, level, source, camera_id, logger_name, message, extra_data }
}

function rowLine(deletedCameras: readonly number[], parameters: SqlParameters): string {
  const camera =
    deletedCameras.length > 0
      ? `case when r.camera_id <> all (${parameters.add(deletedCameras)}::integer[]) then r.camera_id end`
      : 'r.camera_id'
  return `'[' || r.id || ',"' || replace(left(r.timestamp::text, -3), ' ', 'T') || 'Z","' || r.level || '",'
        || to_json(r.source)::text || ',' || coalesce((${camera})::text, 'null') || ','
        || coalesce(to_json(r.logger_name)::text, 'null') || ',' || to_json(r.message)::text || ','
        || coalesce(r.extra_data::text, 'null') || E']\\n'`
}
