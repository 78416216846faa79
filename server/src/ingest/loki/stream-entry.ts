import type { ExtraData, LogRecord } from '@timelapser/logger'
import { containerFormat, unwrapLine } from '../container-lines.ts'
import type { RecordDefaults } from '../decoded.ts'
import { OF_STREAMS } from '../field-names.ts'
import { asText, chooseLevel, takeApart, toLogRecord } from '../foreign-record.ts'
import { levelOfSeverity, readSeverity } from '../otlp/otlp-record.ts'
import { putExtra } from '../record-fields.ts'

/** One line of a stream. */
export type StreamEntry = {
  /** ISO 8601 in UTC. */
  timestamp: string
  line: string
  labels: ExtraData
  metadata: ExtraData
}

/**
 * A line as a record, and its text where that alone can state the level. Labels and structured metadata become fields; a line that is a JSON object with a message is taken
 * apart, so that its parts are found as those of any other record. The level is that of a label, else the line's own.
 */
export function fromStreamEntry(
  { timestamp, line, labels, metadata }: StreamEntry,
  defaults: RecordDefaults,
): { record: LogRecord; plain: string | undefined } {
  const attributes: ExtraData = {}
  for (const group of [labels, metadata]) {
    for (const key of Object.keys(group)) putExtra(attributes, key, group[key] ?? null)
  }
  const format = containerFormat(line)
  const unwrapped = format === undefined ? undefined : unwrapLine(line, format)
  const text = unwrapped?.text ?? line
  if (unwrapped !== undefined && !Object.hasOwn(attributes, 'stream')) attributes.stream = unwrapped.stream
  const { message, fields } = takeApart(text, OF_STREAMS.message) ?? { message: text, fields: {} }
  for (const key of Object.keys(fields)) putExtra(attributes, key, fields[key] ?? null)
  const isLevel = (name: string) =>
    asText(attributes[name]) !== undefined || typeof attributes[name] === 'number'
  const labelled = OF_STREAMS.level.filter(isLevel)
  const severity = levelOfSeverity(readSeverity(attributes.severity_number))
  const level = chooseLevel([...labelled.map((name) => attributes[name]), severity], text)
  // The chosen value is the column; other level labels stay beside.
  const taken = labelled.find((name) => attributes[name] === level) ?? labelled[0]
  if (taken !== undefined) delete attributes[taken]
  const record = toLogRecord({ timestamp, level, message, attributes }, defaults)
  const isPlain = labelled.length === 0 && severity === undefined && message === text
  return { record, plain: isPlain ? text : undefined }
}
