// The push formats of Loki's senders: JSON, or snappy-packed protocol buffers (push.proto of grafana/loki).
import type { ExtraData, Json } from '@timelapser/logger'
import { atOnce, type Decoded, DecodedBody, type RecordDefaults, type Steps } from '../decoded.ts'
import { asObject } from '../foreign-record.ts'
import { parseBody } from '../parse-json.ts'
import { BYTES, eachField, ProtobufReader, splitMessage, VARINT } from '../protobuf-reader.ts'
import { putExtra, shorten } from '../record-fields.ts'
import { fromNanoseconds, fromSeconds } from '../utc-text.ts'
import { parseLabels } from './labels.ts'
import { fromStreamEntry } from './stream-entry.ts'

const NOTHING: ExtraData = {}
/** Characters of labels; Loki's own bound is some thousands, and real ones have hundreds. */
const MAX_NAME = 1000

/** `{"streams":[{"stream":{labels},"values":[["<ns>","line",{metadata}]]}]}`. Never throws. */
export function* lokiJsonSteps(body: Uint8Array, defaults: RecordDefaults): Steps<Decoded> {
  const decoded = new DecodedBody()
  const parsed = parseBody(body)
  if ('reason' in parsed) {
    decoded.add(parsed.reason)
    return decoded
  }
  const streams = asObject(parsed.value)?.streams
  if (!Array.isArray(streams)) {
    decoded.add(`streams must be an array; this is ${shorten(streams ?? null)}`)
    return decoded
  }
  for (const one of streams) {
    const stream = asObject(one)
    const labels = asObject(stream?.stream)
    const values = stream?.values
    if (labels === undefined || !Array.isArray(values)) {
      decoded.add(`a stream needs the objects stream and values; this is ${shorten(one)}`)
      continue
    }
    const name = nameOf(labels)
    for (const value of values) {
      take(decoded, name, fromValue(value, labels, defaults))
      if (decoded.isStep) yield
    }
  }
  return decoded
}

/** {@link lokiJsonSteps} at once. */
export function decodeLokiJson(body: Uint8Array, defaults: RecordDefaults): Decoded {
  return atOnce(lokiJsonSteps(body, defaults))
}

/**
 * The labels in one order, whichever they were sent in; empty where they are too long to remember, or none of Loki's: JSON can
 * hold anything in place of their texts.
 */
function nameOf(labels: ExtraData): string {
  const pairs = Object.entries(labels)
  if (pairs.some(([, value]) => typeof value === 'object')) return ''
  const text = JSON.stringify(pairs.toSorted(([a], [b]) => (a < b ? -1 : 1)))
  return text.length > MAX_NAME ? '' : text
}

function take(
  decoded: DecodedBody,
  name: string,
  outcome: ReturnType<typeof fromStreamEntry> | string,
): void {
  if (typeof outcome === 'string') {
    decoded.add(outcome)
    return
  }
  const { record, plain } = outcome
  decoded.add(record)
  if (plain !== undefined && name !== '') decoded.noteLine(name, { text: plain, record })
}

function fromValue(value: unknown, labels: ExtraData, defaults: RecordDefaults) {
  const [time, line, metadata] = Array.isArray(value) ? (value as unknown[]) : []
  if (typeof line !== 'string') return `the line must be text; this is ${shorten(line ?? null)}`
  const timestamp = fromNanoseconds(time)
  const original = timestamp === undefined ? { original_timestamp: time as Json } : NOTHING
  return fromStreamEntry(
    {
      timestamp: timestamp ?? defaults.now,
      line,
      labels,
      metadata: { ...original, ...asObject(metadata) },
    },
    defaults,
  )
}

/** An unpacked PushRequest. An unreadable part costs the entry or stream it stands in, not the others. */
export function* lokiProtobufSteps(body: Uint8Array, defaults: RecordDefaults): Steps<Decoded> {
  const decoded = new DecodedBody()
  const request = splitMessage(body)
  for (const bytes of request.parts(1)) {
    const stream = splitMessage(bytes)
    const written = Buffer.from(stream.parts(1).at(-1) ?? Buffer.from('{}')).toString('utf8')
    const labels = parseLabels(written)
    const name = nameOf(labels ?? NOTHING)
    for (const entry of stream.parts(2)) {
      if (labels === undefined) decoded.add(`the labels ${shorten(written)} cannot be read`)
      else take(decoded, name, readEntryOr(entry, labels, defaults))
      if (decoded.isStep) yield
    }
    if (stream.failure !== undefined) decoded.add(broken('a stream', stream.failure))
  }
  if (request.failure !== undefined) decoded.add(broken('the request', request.failure))
  return decoded
}

/** {@link lokiProtobufSteps} at once. */
export function decodeLokiProtobuf(body: Uint8Array, defaults: RecordDefaults): Decoded {
  return atOnce(lokiProtobufSteps(body, defaults))
}

function readEntryOr(entry: Uint8Array, labels: ExtraData, defaults: RecordDefaults) {
  try {
    return readEntry(entry, labels, defaults)
  } catch (error) {
    return broken('an entry', error)
  }
}

function broken(what: string, error: unknown): string {
  return `${what} is not valid protobuf: ${error instanceof Error ? error.message : String(error)}`
}

function readEntry(bytes: Uint8Array, labels: ExtraData, defaults: RecordDefaults) {
  const entry = new ProtobufReader(bytes)
  const metadata: ExtraData = {}
  let timestamp: string | undefined = fromSeconds(0, 0)
  let line = ''
  eachField(entry, (field) => {
    if (entry.wire !== BYTES || field > 3) return false
    if (field === 1) timestamp = readTimestamp(entry.message())
    else if (field === 2) line = entry.text()
    else readPair(entry.message(), metadata)
    return true
  })
  if (timestamp === undefined) return 'the timestamp is none'
  return fromStreamEntry({ timestamp, line, labels, metadata }, defaults)
}

function readTimestamp(message: ProtobufReader): string | undefined {
  let seconds = 0
  let nanos = 0
  eachField(message, (field) => {
    if (message.wire !== VARINT || field > 2) return false
    if (field === 1) seconds = Number(message.int64())
    else nanos = Number(message.int64())
    return true
  })
  return fromSeconds(seconds, nanos)
}

function readPair(message: ProtobufReader, into: ExtraData): void {
  let name = ''
  let value = ''
  eachField(message, (field) => {
    if (message.wire !== BYTES || field > 2) return false
    if (field === 1) name = message.text()
    else value = message.text()
    return true
  })
  putExtra(into, name, value)
}
