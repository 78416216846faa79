// ExportLogsServiceRequest of OTLP (opentelemetry-proto, logs/v1), as protocol buffers and as JSON.
import type { ExtraData, Json } from '@timelapser/logger'
import { atOnce, type Decoded, DecodedBody, type RecordDefaults, type Steps } from '../decoded.ts'
import { asObject } from '../foreign-record.ts'
import { parseBody } from '../parse-json.ts'
import { BYTES, eachField, FIXED64, ProtobufReader, splitMessage, VARINT } from '../protobuf-reader.ts'
import { putExtra, shorten } from '../record-fields.ts'
import { fromOtlp, type OtlpRecord, readSeverity, toOrigin } from './otlp-record.ts'
import {
  fromJsonAttributes,
  fromJsonValue,
  jsonField,
  readAnyValue,
  readKeyValue,
  toCamel,
} from './otlp-values.ts'

/** The field of `instrumentation_library_logs`, the scopes' name until 2022. */
const LIBRARY_LOGS = 1000

const NO_SCOPE = { name: '', version: '', attributes: {} }

/** Never throws; an unreadable part costs the record or group it stands in, not the others. */
export function* otlpProtobufSteps(body: Uint8Array, defaults: RecordDefaults): Steps<Decoded> {
  const decoded = new DecodedBody()
  const refuse = (what: string, error: unknown) =>
    decoded.add(`${what} is not valid protobuf: ${error instanceof Error ? error.message : String(error)}`)
  const request = splitMessage(body)
  for (const group of request.parts(1)) {
    const { parts, failure } = splitMessage(group)
    const resource = readOr({}, () => attributesIn(parts(1).at(-1), 1))
    for (const scopeLogs of [...parts(2), ...parts(LIBRARY_LOGS)]) {
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

/**
 * OTLP's JSON: names in camelCase or as the `.proto` has them, 64-bit numbers as text, ids in hex. Never throws. An object of
 * another shape, also inside of the request, is refused with what was expected, so that nothing is lost without a word.
 */
export function* otlpJsonSteps(body: Uint8Array, defaults: RecordDefaults): Steps<Decoded> {
  const decoded = new DecodedBody()
  const parsed = parseBody(body)
  const request = 'value' in parsed ? asObject(parsed.value) : undefined
  if (request === undefined) {
    decoded.add('reason' in parsed ? parsed.reason : 'the request must be a JSON object')
    return decoded
  }
  for (const one of groupsIn(request, 'the request', ['resourceLogs'], [], decoded)) {
    const group = asObject(one)
    const resource = fromJsonAttributes(asObject(group?.resource)?.attributes)
    const scopes = groupsIn(one, 'a resource', SCOPE_LOGS, ['resource', 'schemaUrl'], decoded)
    for (const two of scopes) {
      const scopeLogs = asObject(two)
      const scope = asObject(scopeLogs && (jsonField(scopeLogs, 'scope') ?? libraryOf(scopeLogs)))
      const about = {
        name: text(scope?.name),
        version: text(scope?.version),
        attributes: fromJsonAttributes(scope?.attributes),
      }
      const origin = toOrigin(resource, about, defaults)
      const rest = ['scope', 'instrumentationLibrary', 'schemaUrl']
      for (const sent of groupsIn(two, 'a scope', ['logRecords', 'logs'], rest, decoded)) {
        const record = readJsonRecord(sent)
        decoded.add(typeof record === 'string' ? record : fromOtlp(record, origin))
        if (decoded.isStep) yield
      }
    }
  }
  return decoded
}

const SCOPE_LOGS = ['scopeLogs', 'instrumentationLibraryLogs']

function libraryOf(scopeLogs: ExtraData): Json | undefined {
  return jsonField(scopeLogs, 'instrumentationLibrary')
}

/**
 * The lists of these names in an object. An object that has no list and is not empty is no log request: it is refused.
 *
 * @param others names that may stand beside them.
 */
function groupsIn(
  value: unknown,
  what: string,
  names: readonly string[],
  others: readonly string[],
  decoded: DecodedBody,
): unknown[] {
  const object = asObject(value)
  const expected = `${what} must be a JSON object with the list ${names[0]}`
  if (object === undefined) {
    decoded.add(`${expected}; this is ${shorten(value as Json)}`)
    return []
  }
  const lists = names.map((name) => jsonField(object, name)).filter((list) => list != null)
  const wrong = lists.find((list) => !Array.isArray(list))
  const unknown = Object.keys(object).filter((key) => !others.includes(toCamel(key)))
  if (wrong !== undefined) decoded.add(`${expected}; this list is ${shorten(wrong)}`)
  else if (lists.length === 0 && unknown.length > 0)
    decoded.add(`${expected}; this has ${shorten(unknown.slice(0, 10).join(', '))}`)
  return lists.flatMap((list) => (Array.isArray(list) ? list : []))
}

/** {@link otlpJsonSteps} at once. */
export function decodeOtlpJson(body: Uint8Array, defaults: RecordDefaults): Decoded {
  return atOnce(otlpJsonSteps(body, defaults))
}

function readJsonRecord(value: unknown): OtlpRecord | string {
  const sent = asObject(value)
  if (sent === undefined) return `a record must be a JSON object; this is ${shorten(value as Json)}`
  const field = (name: string) => jsonField(sent, name)
  const time = toNanos(field('timeUnixNano'))
  const attributes = fromJsonAttributes(sent.attributes)
  if (time === undefined) putExtra(attributes, 'original_timestamp', field('timeUnixNano') as Json)
  return {
    time: time ?? 0n,
    observedTime: toNanos(field('observedTimeUnixNano')) ?? 0n,
    severityNumber: readSeverity(field('severityNumber')),
    severityText: text(field('severityText')),
    body: bodyOf(sent.body),
    attributes,
    traceId: idText(field('traceId')),
    spanId: idText(field('spanId')),
    eventName: text(field('eventName')),
  }
}

/** A body of none of the forms is kept as it came; an empty object is the form of an empty body. */
function bodyOf(value: unknown): Json {
  const body = fromJsonValue(value)
  const object = asObject(value)
  const isEmpty = object !== undefined && Object.keys(object).length === 0
  return body ?? (isEmpty ? null : ((value ?? null) as Json))
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
