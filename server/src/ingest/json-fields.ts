// Which of our fields is which of a JSON record's: by its name or one of the names that others use, or by the record's
// shape.
import { type ExtraData, type Json, parseLevel } from '@timelapser/logger'
import { bestNames, fieldFor } from './field-names.ts'
import { putExtra } from './record-fields.ts'
import { renderMasked } from './seq/render-template.ts'
import { SEVERITIES } from './syslog/priority.ts'

/** The fields as they were sent, by any of their names, and the unknown fields. */
export class SentFields {
  message: unknown = undefined
  level: unknown = undefined
  timestamp: unknown = undefined
  source: unknown = undefined
  logger_name: unknown = undefined
  camera_id: unknown = undefined
  extra_data: unknown = undefined
  rest: ExtraData | null = null
  isEmpty = false
}

const NO_FIELDS = new SentFields()

/**
 * Each field by its own name, and then a look whether that was all: a read whose name varies costs several times as
 * much, and this is done to every record.
 */
export function sortFields(input: ExtraData, mayReshape = true): SentFields {
  const sent = new SentFields()
  sent.message = input.message
  sent.level = input.level
  sent.timestamp = input.timestamp
  sent.source = input.source
  sent.logger_name = input.logger_name
  sent.camera_id = input.camera_id
  sent.extra_data = input.extra_data
  let found = 0
  if (sent.message !== undefined) found++
  if (sent.level !== undefined) found++
  if (sent.timestamp !== undefined) found++
  if (sent.source !== undefined) found++
  if (sent.logger_name !== undefined) found++
  if (sent.camera_id !== undefined) found++
  if (sent.extra_data !== undefined) found++
  let keys = 0
  for (const _key in input) keys++
  if (keys === 0) sent.isEmpty = true
  if (keys === found) return sent
  const reshaped = mayReshape ? reshapeRecord(input) : undefined
  if (reshaped !== undefined) return sortFields(reshaped, false)
  sortOthers(input, Object.keys(input).filter(isOther), sent)
  return sent
}

function isOther(key: string): boolean {
  return key === 'rest' || key === 'isEmpty' || !Object.hasOwn(NO_FIELDS, key)
}

/** Foreign names: the best name fills a field that has no value of its own, the rest are extra data. */
function sortOthers(input: ExtraData, others: string[], sent: SentFields): void {
  const best = bestNames(others, (key) => {
    const found = fieldFor(key, input[key])
    return found === undefined || sent[found.field] != null ? undefined : found
  })
  const taken = new Set(best.values())
  for (const [field, key] of best) sent[field] = input[key]
  for (const key of others) {
    if (taken.has(key)) continue
    sent.rest ??= {}
    putExtra(sent.rest, key, input[key] as Json)
  }
}

/** Extra data as sent, joined by the unknown fields; a value that is no object is an unknown field. */
export function sentExtra(sent: SentFields): ExtraData | null {
  const given = sent.extra_data ?? null
  if (given === null) return sent.rest
  if (typeof given !== 'object' || Array.isArray(given)) {
    const extra: ExtraData = { ...sent.rest }
    putExtra(extra, 'extra_data', given as Json)
    return extra
  }
  if (sent.rest === null) return given as ExtraData
  const extra: ExtraData = {}
  for (const [key, value] of Object.entries(given)) putExtra(extra, key, value)
  for (const [key, value] of Object.entries(sent.rest)) putExtra(extra, key, value)
  return extra
}

// Records of loggers that have their own places for our fields: each shape is recognised by its names, and translated
// into ours.

type Shape = {
  /** Whether the record has this shape. */
  is: (record: ExtraData) => boolean
  /** The record's values under our names, and which of its own fields they replace. */
  read: (record: ExtraData) => { fields: ExtraData; said: readonly string[] }
}

const asFields = (value: Json | undefined): ExtraData | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
const isText = (value: Json | undefined): value is string => typeof value === 'string'

/** The first that is there. */
function firstOf(...values: (Json | undefined)[]): Json | undefined {
  return values.find((value) => value !== undefined && value !== null)
}

function some(fields: Record<string, Json | undefined>): ExtraData {
  const filled: ExtraData = {}
  for (const [name, value] of Object.entries(fields))
    if (value !== undefined && value !== null) filled[name] = value
  return filled
}

const SHAPES: readonly Shape[] = [
  {
    // Serilog's compact form: {"@t", "@m" or "@mt", "@l", "@x", …}
    is: (record) =>
      isText(record['@t']) && (isText(record['@m']) || isText(record['@mt']) || isText(record['@x'])),
    read: (record) => {
      const template = record['@mt']
      const rendered = isText(template) ? renderMasked(template, record, record['@r']) : undefined
      const exception = record['@x']
      const message = firstOf(
        record['@m'],
        rendered,
        isText(exception) ? exception.split('\n', 1)[0] : undefined,
      )
      return {
        fields: some({
          ...{ timestamp: record['@t'], level: record['@l'], message, logger_name: record.SourceContext },
          ...{ exception, trace_id: record['@tr'], span_id: record['@sp'], event_type: record['@i'] },
          message_template: template === message ? undefined : template,
        }),
        said: ['@t', '@l', '@m', '@mt', '@x', '@r', '@tr', '@sp', '@i', 'SourceContext'],
      }
    },
  },
  {
    // Serilog's JSON: {"Timestamp", "Level", "MessageTemplate", "RenderedMessage", "Properties", "Exception"}
    is: (record) => isText(record.MessageTemplate) && isText(record.Timestamp),
    read: (record) => {
      const properties = asFields(record.Properties) ?? {}
      const template = String(record.MessageTemplate)
      const message = firstOf(record.RenderedMessage, renderMasked(template, properties, record.Renderings))
      return {
        fields: some({
          ...properties,
          ...{ timestamp: record.Timestamp, level: record.Level, message, exception: record.Exception },
          logger_name: properties.SourceContext,
          message_template: template === message ? undefined : template,
        }),
        said: 'Timestamp Level MessageTemplate RenderedMessage Properties Exception Renderings'.split(' '),
      }
    },
  },
  {
    // GELF: the level is syslog's
    is: (record) => isText(record.short_message),
    read: (record) => ({
      fields: some({
        message: firstOf(record.full_message, record.short_message),
        short_message: record.full_message === undefined ? undefined : record.short_message,
        level: SEVERITIES[Number(record.level)] ?? record.level,
        ...{ timestamp: record.timestamp, source: record.host },
      }),
      said: ['short_message', 'full_message', 'level', 'timestamp', 'host', 'version'],
    }),
  },
  {
    // Rust's tracing: {"timestamp", "level", "fields": {"message", …}, "target"}
    is: (record) => isText(asFields(record.fields)?.message),
    read: (record) => {
      const { message, ...others } = asFields(record.fields) ?? {}
      return { fields: some({ ...others, message, logger_name: record.target }), said: ['fields', 'target'] }
    },
  },
  {
    // Google Cloud: {"severity", "timestamp", "jsonPayload": {"message"} or "textPayload"}
    is: (record) => isText(record.textPayload) || asFields(record.jsonPayload) !== undefined,
    read: (record) => {
      const payload = asFields(record.jsonPayload) ?? {}
      const message = firstOf(record.textPayload, payload.message, payload.msg, payload.text)
      const { message: _message, msg: _msg, text: _text, ...others } = payload
      return {
        fields: some({
          ...others,
          message: message ?? JSON.stringify(payload),
          timestamp: firstOf(record.timestamp, record.receiveTimestamp),
          level: firstOf(record.severity, payload.severity, payload.level),
        }),
        said: ['textPayload', 'jsonPayload', 'timestamp', 'severity'],
      }
    },
  },
  {
    // MongoDB: {"t": {"$date"}, "s": "I", "c": "NETWORK", "msg", "attr"}
    is: (record) => asFields(record.t)?.$date !== undefined && isText(record.msg),
    read: (record) => ({
      fields: some({
        ...{ timestamp: asFields(record.t)?.$date, level: record.s, message: record.msg },
        logger_name: record.c,
      }),
      said: ['t', 's', 'c', 'msg'],
    }),
  },
  {
    // loguru with serialize=True: {"text", "record": {…}}
    is: (record) => isText(record.text) && asFields(record.record)?.message !== undefined,
    read: (record) => {
      const inner = asFields(record.record) ?? {}
      const extra = asFields(inner.extra) ?? {}
      const { message, level, time, name, extra: _extra, elapsed: _elapsed, ...others } = inner
      return {
        fields: some({
          ...others,
          ...extra,
          ...{ message, logger_name: name },
          level: firstOf(asFields(level)?.name, asFields(level)?.no),
          timestamp: firstOf(asFields(time)?.timestamp, asFields(time)?.repr),
        }),
        said: ['text', 'record'],
      }
    },
  },
  {
    // log4j2's JsonLayout: {"instant": {"epochSecond", "nanoOfSecond"}} or {"timeMillis"}
    is: (record) =>
      asFields(record.instant)?.epochSecond !== undefined || typeof record.timeMillis === 'number',
    read: (record) => ({
      fields: some({ timestamp: firstOf(record.instant, record.timeMillis) }),
      said: ['instant', 'timeMillis'],
    }),
  },
  {
    // Logback's JsonEncoder: the message is the text before its arguments were put in
    is: (record) => isText(record.formattedMessage) && isText(record.message),
    read: (record) => ({
      fields: some({ message: record.formattedMessage, message_template: record.message }),
      said: ['formattedMessage', 'message'],
    }),
  },
  {
    // The Elastic Common Schema, nested: {"log": {"level", "logger"}, "message"}
    is: (record) => parseLevel(asFields(record.log)?.level) !== undefined && record.level === undefined,
    read: (record) => {
      const { level, logger, ...others } = asFields(record.log) ?? {}
      return {
        fields: some({
          level,
          logger_name: logger,
          log: Object.keys(others).length === 0 ? undefined : others,
        }),
        said: ['log'],
      }
    },
  },
]

/**
 * The record with what its logger says in our names; undefined when it is of no shape that needs it. Nothing of it is lost:
 * fields that are not said otherwise stay beside.
 */
function reshapeRecord(record: ExtraData): ExtraData | undefined {
  const shape = SHAPES.find(({ is }) => is(record))
  if (shape === undefined) return undefined
  const { fields, said } = shape.read(record)
  const reshaped: ExtraData = { ...fields }
  for (const [key, value] of Object.entries(record)) if (!said.includes(key)) putExtra(reshaped, key, value)
  return reshaped
}
