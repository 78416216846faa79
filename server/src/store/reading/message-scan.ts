import type { Level } from '@timelapser/logger'
import type { SqlParameters } from '../database/sql-parameters.ts'
import type { LogFilter } from '../filter/log-filter.ts'
import { scanLines } from './line-scan.ts'
import type { Store } from './store.ts'

/** The columns read from a row to recognise its kind of line. */
export type ScannedMessage = {
  id: number
  timestamp: string
  level: Level
  source: string
  camera_id: number | null
  logger_name: string | null
  /** The message; a long message is cut to its first and last 500 characters, with a new line between. */
  message: string
}

export type ScannedMessages = {
  messages: ScannedMessage[]
  /** Everything newer was looked at. */
  searched_to: string
}

/** Characters kept at each end of a long message. */
const KEPT = 500

/** The matching rows, newest first, without what is not looked at; as far as the caller reads on. */
export async function* scanMessages(store: Store, filter: LogFilter): AsyncGenerator<ScannedMessages> {
  const line = (parameters: SqlParameters) => messageLine(filter.deleted_cameras ?? [], parameters)
  for await (const { tuples, searched_to } of scanLines<Tuple>(store, filter, line)) {
    yield { messages: tuples.map(toMessage), searched_to }
  }
}

type Tuple = [number, string, Level, string, number | null, string | null, string]

function toMessage([id, timestamp, level, source, camera_id, logger_name, message]: Tuple): ScannedMessage {
  return { id, timestamp, level, source, camera_id, logger_name, message }
}

/** SQL of a message, or of both ends of a long one. */
export function keptMessage(column: string): string {
  return `case when length(${column}) <= ${2 * KEPT} then ${column}
        else left(${column}, ${KEPT}) || E'\\n' || right(${column}, ${KEPT}) end`
}

function messageLine(deletedCameras: readonly number[], parameters: SqlParameters): string {
  const camera =
    deletedCameras.length > 0
      ? `case when r.camera_id <> all (${parameters.add(deletedCameras)}::integer[]) then r.camera_id end`
      : 'r.camera_id'
  const message = keptMessage('r.message')
  return `'[' || r.id || ',"' || replace(left(r.timestamp::text, -3), ' ', 'T') || 'Z","' || r.level || '",'
        || to_json(r.source)::text || ',' || coalesce((${camera})::text, 'null') || ','
        || coalesce(to_json(r.logger_name)::text, 'null') || ',' || to_json(${message})::text || E']\\n'`
}
