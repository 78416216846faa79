import type { ExtraData, Json, LogRecord } from '@timelapser/logger'
import type { RecordDefaults } from '../decoded.ts'
import { OF_DOCUMENTS } from '../field-names.ts'
import { asJson, asObject, asText, chooseLevel, takeApart, timeFrom, toLogRecord } from '../foreign-record.ts'
import { putExtra } from '../record-fields.ts'
import { SEVERITIES } from '../syslog/priority.ts'

/** Nested fields of the Elastic Common Schema that have a column here. */
const NESTED = ['log.level', 'log.logger', 'service.name', 'camera.id']

/**
 * A document as shippers index it: the Elastic Common Schema, nested or dotted, and what Fluent Bit, Vector and loggers
 * send. One without a message is a record all the same, its message the whole document.
 */
export function fromDocument(document: ExtraData, defaults: RecordDefaults): LogRecord {
  const left = unnest(document)
  const time = takeFirst(left, OF_DOCUMENTS.timestamp, (value) => value != null)
  const timestamp = timeFrom(time, left)
  const given = takeFirst(left, OF_DOCUMENTS.level, (value) => typeof value !== 'object')
  const message = takeFirst(left, OF_DOCUMENTS.message, (value) => textIn(value) !== undefined)
  const original = asText(asObject(left.event)?.original)
  const text = textIn(message) ?? original
  const inner = text === undefined ? undefined : takeApart(text, OF_DOCUMENTS.message)
  for (const [key, value] of Object.entries(inner?.fields ?? {})) putExtra(left, key, value)
  const innerLevel = takeFirst(left, OF_DOCUMENTS.level, (value) => typeof value !== 'object')
  const syslog = asObject(left.syslog)
  const severity = asText(syslog?.severity_label) ?? SEVERITIES[Number(syslog?.severity ?? Number.NaN)]
  return toLogRecord(
    {
      timestamp,
      level: chooseLevel([given, innerLevel, severity], text ?? ''),
      message: inner?.message ?? text ?? asJson(document, 'a document'),
      attributes: left,
    },
    placeOf(left, defaults),
  )
}

/** A list of texts is what Logstash makes of fields that were set twice. The line feed that Fluent Bit keeps is none of the text. */
function textIn(value: unknown): string | undefined {
  const text =
    Array.isArray(value) && value.every((one) => typeof one === 'string') ? value.join('\n') : asText(value)
  const whole = text?.replace(/\r?\n$/, '')
  return whole === '' ? undefined : whole
}

/** In a cluster the container or its app is the source, rather than the index that all of them write to. */
function placeOf(document: ExtraData, defaults: RecordDefaults): RecordDefaults {
  const pod = asObject(document.kubernetes)
  const labels = asObject(pod?.labels)
  const container = asText(asObject(pod?.container)?.name) ?? asText(pod?.container_name)
  const source = asText(labels?.app) ?? asText(labels?.['app.kubernetes.io/name']) ?? container
  return source === undefined ? defaults : { ...defaults, source }
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
