// The formats that Seq takes: CLEF (clef-json.org), one event a line, and the older body with an array of events.
import type { ExtraData, LogRecord } from '@timelapser/logger'
import { hasMoreValuesThan, MAX_VALUES_A_RECORD } from '../body-limits.ts'
import { atOnce, type Decoded, DecodedBody, type RecordDefaults, type Steps } from '../decoded.ts'
import { asJson, asObject, asText, timeFrom, toLogRecord } from '../foreign-record.ts'
import { bodyText, filledLines, parseBody, parseJson } from '../parse-json.ts'
import { putExtra, shorten } from '../record-fields.ts'
import { renderMasked } from './render-template.ts'

/** The parts of an event, by any of their names. */
type Event = {
  sent: ExtraData
  time: unknown
  level: unknown
  message: unknown
  template: unknown
  renderings: unknown
  exception: unknown
  properties: ExtraData
}

/** A body of `POST /api/events/raw`. Never throws; an event that cannot be read is a rejection at its index. */
export function* seqEventSteps(body: Uint8Array, defaults: RecordDefaults): Steps<Decoded> {
  const decoded = new DecodedBody()
  const events = readEnvelope(body)
  if (events !== undefined) {
    for (const event of events) {
      decoded.add(fromRaw(event, defaults))
      if (decoded.isStep) yield
    }
    return decoded
  }
  for (const line of filledLines(body)) {
    if (hasMoreValuesThan(line, MAX_VALUES_A_RECORD)) {
      decoded.add(`the event has over ${MAX_VALUES_A_RECORD} values`)
      continue
    }
    const parsed = parseJson(line)
    decoded.add('reason' in parsed ? parsed.reason : fromClef(parsed.value, defaults))
    if (decoded.isStep) yield
  }
  return decoded
}

/** {@link seqEventSteps} at once. */
export function decodeSeqEvents(body: Uint8Array, defaults: RecordDefaults): Decoded {
  return atOnce(seqEventSteps(body, defaults))
}

/** The events of `{"Events":[…]}`; undefined when the body is none. */
function readEnvelope(body: Uint8Array): unknown[] | undefined {
  if (!/^\s*\{\s*"Events"\s*:/.test(bodyText(body.subarray(0, 1024)))) return undefined
  const parsed = parseBody(body)
  const events = 'value' in parsed ? asObject(parsed.value)?.Events : undefined
  return Array.isArray(events) ? events : undefined
}

const ABOUT: Readonly<Record<string, string>> = { '@i': 'event_type', '@tr': 'trace_id', '@sp': 'span_id' }

function fromClef(value: unknown, defaults: RecordDefaults): LogRecord | string {
  const sent = asObject(value)
  if (sent === undefined) return `an event must be a JSON object; this is ${shorten(value)}`
  const properties: ExtraData = {}
  for (const [key, property] of Object.entries(sent)) {
    if (ABOUT[key] !== undefined) putExtra(properties, ABOUT[key], property)
    else if (key.startsWith('@@')) putExtra(properties, key.slice(1), property)
    else if (!key.startsWith('@') || !/^@(t|l|m|mt|r|x)$/.test(key)) putExtra(properties, key, property)
  }
  return finish(
    {
      sent,
      time: sent['@t'],
      level: sent['@l'],
      message: sent['@m'],
      template: sent['@mt'],
      renderings: sent['@r'],
      exception: sent['@x'],
      properties,
    },
    defaults,
  )
}

function fromRaw(value: unknown, defaults: RecordDefaults): LogRecord | string {
  const sent = asObject(value)
  if (sent === undefined) return `an event must be a JSON object; this is ${shorten(value)}`
  const properties: ExtraData = {}
  for (const [key, property] of Object.entries(asObject(sent.Properties) ?? {}))
    putExtra(properties, key, property)
  if (asText(sent.TraceId) !== undefined) putExtra(properties, 'trace_id', sent.TraceId ?? null)
  if (asText(sent.SpanId) !== undefined) putExtra(properties, 'span_id', sent.SpanId ?? null)
  return finish(
    {
      sent,
      time: sent.Timestamp,
      level: sent.Level,
      message: sent.RenderedMessage,
      template: sent.MessageTemplate,
      renderings: undefined,
      exception: sent.Exception,
      properties,
    },
    defaults,
  )
}

function finish(event: Event, defaults: RecordDefaults): LogRecord | string {
  const { properties } = event
  const timestamp = timeFrom(event.time, properties)
  const template = asText(event.template)
  const exception = asText(event.exception)
  const rendered = asText(event.message) ?? (template && renderMasked(template, properties, event.renderings))
  if (Object.keys(event.sent).length === 0) return 'the event is empty'
  const message = rendered ?? exception?.split('\n', 1)[0] ?? asJson(event.sent, 'an event')
  if (exception !== undefined) putExtra(properties, 'exception', exception)
  if (template !== undefined && template !== message) putExtra(properties, 'message_template', template)
  return toLogRecord({ timestamp, level: event.level, message, attributes: properties }, defaults)
}
