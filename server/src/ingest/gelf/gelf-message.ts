// The Graylog Extended Log Format, version 1.1: a JSON object a message.

import { gunzipSync, inflateSync } from 'node:zlib'
import type { ExtraData, LogRecord } from '@timelapser/logger'
import { hasMoreValuesThan, MAX_VALUES_A_RECORD } from '../body-limits.ts'
import { atOnce, type Decoded, DecodedBody, type RecordDefaults, type Steps } from '../decoded.ts'
import { asJson, asObject, asText, chooseLevel, toLogRecord } from '../foreign-record.ts'
import { jsonValuesOf } from '../json-values.ts'
import { bodyText, parseJson } from '../parse-json.ts'
import { putExtra, readTimestamp, shorten } from '../record-fields.ts'
import { SEVERITIES } from '../syslog/priority.ts'

/** Fields with a place of their own; all others are kept. */
const PLACED = ['version', 'host', 'short_message', 'full_message', 'timestamp', 'level']

/** A message, or why it is none. */
export function decodeGelf(bytes: Uint8Array, defaults: RecordDefaults): LogRecord | string {
  const text = bodyText(bytes)
  if (hasMoreValuesThan(text, MAX_VALUES_A_RECORD)) return `it has over ${MAX_VALUES_A_RECORD} values`
  const parsed = parseJson(text)
  if ('reason' in parsed) return parsed.reason
  const message = asObject(parsed.value)
  return message === undefined
    ? `a message must be a JSON object; this is ${shorten(parsed.value)}`
    : fromGelf(message, defaults)
}

/**
 * The source is the service or container that the message names, else its host, else the default. The longer of two
 * texts is the message.
 */
function fromGelf(sent: ExtraData, defaults: RecordDefaults): LogRecord | string {
  const short = asText(sent.short_message)
  const message = asText(sent.full_message) ?? short ?? asText(sent.message)
  if (Object.keys(sent).length === 0) return 'the message is empty; it needs short_message'
  const attributes: ExtraData = {}
  if (short !== undefined && short !== message && !message?.startsWith(short))
    attributes.short_message = short
  for (const [name, value] of Object.entries(sent)) {
    if (PLACED.includes(name)) continue
    if (name === 'message' && value === message) continue
    // Names of additional fields begin with an underscore.
    putExtra(attributes, /^_./.test(name) ? name.slice(1) : name, value)
  }
  for (const name of ['short_message', 'full_message', 'host', 'level'] as const) {
    const value = sent[name]
    if (value != null && typeof value === 'object') putExtra(attributes, name, value)
  }
  const timestamp = sent.timestamp == null ? undefined : readTimestamp(sent.timestamp)
  if (sent.timestamp != null && timestamp === undefined)
    putExtra(attributes, 'original_timestamp', sent.timestamp)
  const container = asText(attributes.container_name)
  if (container !== undefined) attributes.container_name = container.replace(/^\//, '')
  const host = asText(sent.host)
  const text = message ?? asJson(sent, 'a message')
  const severity = typeof sent.level === 'object' ? undefined : SEVERITIES[Number(sent.level ?? Number.NaN)]
  const record = toLogRecord(
    { timestamp, level: chooseLevel([severity ?? sent.level], text), message: text, attributes },
    host === undefined ? defaults : { ...defaults, source: host },
  )
  if (host === undefined || record.source === host) return record
  return { ...record, extra_data: { ...record.extra_data, host: host.slice(0, 255) } }
}

/** A body over HTTP: one message as Graylog takes it, or several of them, in an array or one behind the other. */
export function* gelfSteps(body: Uint8Array, defaults: RecordDefaults): Steps<Decoded> {
  const decoded = new DecodedBody()
  for (const { start, end } of jsonValuesOf(body)) {
    decoded.add(decodeGelf(body.subarray(start, end), defaults))
    if (decoded.isStep) yield
  }
  return decoded
}

/** {@link gelfSteps} at once. */
export function decodeGelfBody(body: Uint8Array, defaults: RecordDefaults): Decoded {
  return atOnce(gelfSteps(body, defaults))
}

/** Unpacked bytes of one message: 128 chunks of 8 kB, which is all that senders make, as they are. */
export const MAX_GELF_BYTES = 1024 * 1024

/**
 * Unpacks a message of a datagram: gzip, zlib or plain, recognised by its first bytes. Undefined when it cannot be
 * unpacked.
 */
export function unpackGelf(message: Buffer): Buffer | undefined {
  const options = { maxOutputLength: MAX_GELF_BYTES }
  try {
    if (message[0] === 0x1f && message[1] === 0x8b) return gunzipSync(message, options)
    // Zlib's first two bytes are a multiple of 31; `{` and a blank or a quote never are with compression 8.
    const isZlib =
      ((message[0] ?? 0) & 0x0f) === 8 && (((message[0] ?? 0) << 8) + (message[1] ?? 0)) % 31 === 0
    return isZlib ? inflateSync(message, options) : message
  } catch {
    return undefined
  }
}
