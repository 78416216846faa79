import type { ExtraData, Json, LogRecord } from '@timelapser/logger'
import type { RecordDefaults } from '../decoded.ts'
import { asObject, asText, toLogRecord } from '../foreign-record.ts'
import { readTimestamp, shorten } from '../record-fields.ts'

const TIME_NAMES = ['@timestamp', 'timestamp', 'time', 'ts']
const LEVEL_NAMES = ['log.level', 'level', 'severity', 'severity_text', 'levelname']
const MESSAGE_NAMES = ['message', 'msg', 'log', 'text']
/** What the Elastic Common Schema nests and we have columns for. */
const NESTED = ['log.level', 'log.logger', 'service.name', 'camera.id']

/**
 * A document as shippers index it: the Elastic Common Schema, nested or dotted, and what Fluent Bit, Vector and loggers
 * send. One without a message is a record all the same, its message the whole document.
 *
 * @returns the record, or why the document cannot be one
 */
export function fromDocument(document: ExtraData, defaults: RecordDefaults): LogRecord | string {
  const left = unnest(document)
  const time = takeFirst(left, TIME_NAMES, (value) => value != null)
  const timestamp = time == null ? undefined : readTimestamp(time)
  if (time != null && timestamp === undefined) return `failed to parse field [@timestamp]: ${shorten(time)}`
  const level = takeFirst(left, LEVEL_NAMES, (value) => typeof value !== 'object')
  const message = takeFirst(left, MESSAGE_NAMES, (value) => asText(value) !== undefined)
  const original = asText(asObject(left.event)?.original)
  return toLogRecord(
    {
      timestamp,
      level,
      message: asText(message) ?? original ?? asJson(document),
      attributes: left,
    },
    defaults,
  )
}

/** A copy in which the nested fields we know stand at the top under their dotted names. */
function unnest(document: ExtraData): ExtraData {
  const copy: ExtraData = Object.fromEntries(Object.entries(document))
  for (const path of NESTED) {
    const [outer = '', inner = ''] = path.split('.')
    const group = asObject(copy[outer])
    if (group === undefined || group[inner] === undefined || Object.hasOwn(copy, path)) continue
    const { [inner]: value, ...rest } = group
    copy[path] = value as Json
    if (Object.keys(rest).length > 0) copy[outer] = rest
    else delete copy[outer]
  }
  return copy
}

function takeFirst(fields: ExtraData, names: string[], isUsable: (value: unknown) => boolean): unknown {
  const name = names.find((one) => Object.hasOwn(fields, one) && isUsable(fields[one]))
  if (name === undefined) return undefined
  const value = fields[name]
  delete fields[name]
  return value
}

function asJson(document: ExtraData): string {
  try {
    return JSON.stringify(document)
  } catch {
    // Nested deeper than the stack.
    return '[a document nested too deep]'
  }
}
