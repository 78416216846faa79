import type { ExtraData, LogRecord } from '@timelapser/logger'
import { containerFormat, unwrapLine } from '../container-lines.ts'
import type { RecordDefaults } from '../decoded.ts'
import { asObject, asText, chooseLevel, toLogRecord } from '../foreign-record.ts'
import { levelOfSeverity, readSeverity } from '../otlp/otlp-record.ts'
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

/** Best first; the last one is only Loki's guess. */
const LEVEL_LABELS = ['level', 'severity', 'severity_text', 'lvl', 'log_level', 'detected_level']
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
  const format = containerFormat(line)
  const unwrapped = format === undefined ? undefined : unwrapLine(line, format)
  const text = unwrapped?.text ?? line
  if (unwrapped !== undefined && !Object.hasOwn(attributes, 'stream')) attributes.stream = unwrapped.stream
  const { message, fields } = takeApart(text)
  for (const key of Object.keys(fields)) putExtra(attributes, key, fields[key] ?? null)
  const isLevel = (name: string) =>
    asText(attributes[name]) !== undefined || typeof attributes[name] === 'number'
  const labelled = LEVEL_LABELS.filter(isLevel)
  const severity = levelOfSeverity(readSeverity(attributes.severity_number))
  const level = chooseLevel([...labelled.map((name) => attributes[name]), severity], text)
  // The one that was taken is the column; what else was said of it stays beside.
  const taken = labelled.find((name) => attributes[name] === level) ?? labelled[0]
  if (taken !== undefined) delete attributes[taken]
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
