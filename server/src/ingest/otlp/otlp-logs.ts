// ExportLogsServiceRequest of OTLP (opentelemetry-proto, logs/v1), as protocol buffers and as JSON.
import type { ExtraData } from '@timelapser/logger'
import { type Decoded, DecodedBody, type RecordDefaults } from '../decoded.ts'
import { asObject } from '../foreign-record.ts'
import { parseBody } from '../parse-json.ts'
import { BYTES, eachField, FIXED64, ProtobufReader, splitMessage, VARINT } from '../protobuf-reader.ts'
import { shorten } from '../record-fields.ts'
import { atOnce, type Steps } from '../steps.ts'
import { fromOtlp, type OtlpRecord, readSeverity, toOrigin } from './otlp-record.ts'
import { asList, fromJsonAttributes, fromJsonValue, readAnyValue, readKeyValue } from './otlp-values.ts'

const NO_SCOPE = { name: '', version: '', attributes: {} }

/** Never throws; what cannot be read costs the record or group it stands in, not the others. */
export function* otlpProtobufSteps(body: Uint8Array, defaults: RecordDefaults): Steps<Decoded> {
  const decoded = new DecodedBody()
  const refuse = (what: string, error: unknown) =>
    decoded.add(`${what} is no valid protobuf: ${error instanceof Error ? error.message : String(error)}`)
  const request = splitMessage(body)
  for (const group of request.parts(1)) {
    const { parts, failure } = splitMessage(group)
    const resource = readOr({}, () => attributesIn(parts(1).at(-1), 1))
    for (const scopeLogs of parts(2)) {
      const inner = splitMessage(scopeLogs)
      const scope = readOr(NO_SCOPE, () => readScope(inner.parts(1).at(-1)))
      const origin = toOrigin(resource, scope, defaults)
      for (const record of inner.parts(2)) {
        try {
          decoded.add(fromOtlp(readRecord(record), origin))
        } catch (error) {
          refuse('a record', error)
        }
        if (decoded.isStep) yield
      }
      if (inner.failure !== undefined) refuse('a group of records', inner.failure)
    }
    if (failure !== undefined) refuse('a resource', failure)
  }
  if (request.failure !== undefined) refuse('the request', request.failure)
  return decoded
}

/** {@link otlpProtobufSteps} at once. */
export function decodeOtlpProtobuf(body: Uint8Array, defaults: RecordDefaults): Decoded {
  return atOnce(otlpProtobufSteps(body, defaults))
}

/** `read`, or `fallback` when it fails: a resource that cannot be read must not cost the records below it. */
function readOr<T>(fallback: T, read: () => T): T {
  try {
    return read()
  } catch {
    return fallback
  }
}

function attributesIn(message: Uint8Array | undefined, field: number): ExtraData {
  const attributes: ExtraData = {}
  if (message === undefined) return attributes
  for (const pair of splitMessage(message).parts(field)) readKeyValue(new ProtobufReader(pair), attributes)
  return attributes
}

function readScope(message: Uint8Array | undefined): typeof NO_SCOPE {
  if (message === undefined) return NO_SCOPE
  const { parts } = splitMessage(message)
  const text = (field: number) => Buffer.from(parts(field).at(-1) ?? []).toString('utf8')
  return { name: text(1), version: text(2), attributes: attributesIn(message, 3) }
}

function readRecord(bytes: Uint8Array): OtlpRecord {
  const record = emptyRecord()
  const reader = new ProtobufReader(bytes)
  eachField(reader, (field) => {
    if (reader.wire !== (WIRES[field] ?? -1)) return false
    if (field === 1) record.time = reader.fixed64()
    else if (field === 11) record.observedTime = reader.fixed64()
    else if (field === 2) record.severityNumber = reader.varint()
    else if (field === 3) record.severityText = reader.text()
    else if (field === 5) record.body = readAnyValue(reader.message())
    else if (field === 6) readKeyValue(reader.message(), record.attributes)
    else if (field === 9) record.traceId = hex(reader.bytes())
    else if (field === 10) record.spanId = hex(reader.bytes())
    else record.eventName = reader.text()
    return true
  })
  return record
}

/** The fields of a record that are kept, and of which kind each is. */
const WIRES: Readonly<Record<number, number>> = {
  ...{ 1: FIXED64, 11: FIXED64, 2: VARINT },
  ...{ 3: BYTES, 5: BYTES, 6: BYTES, 9: BYTES, 10: BYTES, 12: BYTES },
}

function emptyRecord(): OtlpRecord {
  return {
    time: 0n,
    observedTime: 0n,
    severityNumber: 0,
    severityText: '',
    body: null,
    attributes: {},
    traceId: '',
    spanId: '',
    eventName: '',
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

/** OTLP's JSON: names in camelCase, 64-bit numbers as text, ids in hex. Never throws. */
export function* otlpJsonSteps(body: Uint8Array, defaults: RecordDefaults): Steps<Decoded> {
  const decoded = new DecodedBody()
  const parsed = parseBody(body)
  const request = 'value' in parsed ? asObject(parsed.value) : undefined
  if (request === undefined) {
    decoded.add('reason' in parsed ? parsed.reason : 'the request must be a JSON object')
    return decoded
  }
  for (const one of asList(request.resourceLogs)) {
    const group = asObject(one)
    const resource = fromJsonAttributes(asObject(group?.resource)?.attributes)
    for (const two of asList(group?.scopeLogs)) {
      const scopeLogs = asObject(two)
      const scope = asObject(scopeLogs?.scope)
      const about = {
        name: text(scope?.name),
        version: text(scope?.version),
        attributes: fromJsonAttributes(scope?.attributes),
      }
      const origin = toOrigin(resource, about, defaults)
      for (const sent of asList(scopeLogs?.logRecords)) {
        const record = readJsonRecord(sent)
        decoded.add(typeof record === 'string' ? record : fromOtlp(record, origin))
        if (decoded.isStep) yield
      }
    }
  }
  return decoded
}

/** {@link otlpJsonSteps} at once. */
export function decodeOtlpJson(body: Uint8Array, defaults: RecordDefaults): Decoded {
  return atOnce(otlpJsonSteps(body, defaults))
}

function readJsonRecord(value: unknown): OtlpRecord | string {
  const sent = asObject(value)
  if (sent === undefined) return `a record must be a JSON object; this is ${shorten(value)}`
  const time = toNanos(sent.timeUnixNano)
  const observedTime = toNanos(sent.observedTimeUnixNano)
  if (time === undefined || observedTime === undefined)
    return `timeUnixNano ${shorten(sent.timeUnixNano ?? null)} is no count of nanoseconds`
  return {
    time,
    observedTime,
    severityNumber: readSeverity(sent.severityNumber),
    severityText: text(sent.severityText),
    body: fromJsonValue(sent.body),
    attributes: fromJsonAttributes(sent.attributes),
    traceId: idText(sent.traceId),
    spanId: idText(sent.spanId),
    eventName: text(sent.eventName),
  }
}

function toNanos(value: unknown): bigint | undefined {
  if (value == null) return 0n
  if (typeof value === 'string' && /^\d{1,20}$/.test(value)) return BigInt(value)
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? BigInt(value) : undefined
}

/** Hex as it should be, base64 as some send it, or a list of bytes: kept as it came. */
function idText(value: unknown): string {
  return Array.isArray(value) && value.length <= 32 ? JSON.stringify(value) : text(value)
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
