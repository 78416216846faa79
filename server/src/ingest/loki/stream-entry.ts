import type { ExtraData, LogRecord } from '@timelapser/logger'
import type { RecordDefaults } from '../decoded.ts'
import { asObject, asText, toLogRecord } from '../foreign-record.ts'
import { readLineLevel } from '../line-level.ts'
import { parseJson } from '../parse-json.ts'
import { putExtra } from '../record-fields.ts'

/** One line of a stream. */
export type StreamEntry = {
  /** ISO 8601 in UTC. */
  timestamp: string
  line: string
  labels: ExtraData
  metadata: ExtraData
}

const LEVEL_LABELS = ['level', 'severity', 'detected_level', 'lvl', 'log_level']
const MESSAGE_FIELDS = ['message', 'msg']

/**
 * A line as a record. Labels and structured metadata become fields; a line that is a JSON object with a message is taken
 * apart, so that its parts are found as those of any other record. The level is that of a label, else the line's own.
 */
export function fromStreamEntry(
  { timestamp, line, labels, metadata }: StreamEntry,
  defaults: RecordDefaults,
): LogRecord {
  const attributes: ExtraData = {}
  for (const group of [labels, metadata]) {
    for (const key of Object.keys(group)) putExtra(attributes, key, group[key] ?? null)
  }
  const { message, fields } = takeApart(line)
  for (const key of Object.keys(fields)) putExtra(attributes, key, fields[key] ?? null)
  const labelled = LEVEL_LABELS.find(
    (name) => asText(attributes[name]) !== undefined || typeof attributes[name] === 'number',
  )
  const level = labelled === undefined ? readLineLevel(line, line)?.written : attributes[labelled]
  if (labelled !== undefined) delete attributes[labelled]
  return toLogRecord({ timestamp, level, message, attributes }, defaults)
}

/** The message of a line that is a JSON object with one, and what stood beside it; any other line is its own message. */
function takeApart(line: string): { message: string; fields: ExtraData } {
  if (!line.startsWith('{')) return { message: line, fields: {} }
  const parsed = parseJson(line)
  const object = 'value' in parsed ? asObject(parsed.value) : undefined
  const name = MESSAGE_FIELDS.find((one) => asText(object?.[one]) !== undefined)
  if (object === undefined || name === undefined) return { message: line, fields: {} }
  const { [name]: message, ...fields } = object
  return { message: message as string, fields }
}
