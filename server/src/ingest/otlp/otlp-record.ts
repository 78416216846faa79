// One log record of OpenTelemetry's data model (opentelemetry.io/docs/specs/otel/logs/data-model) as one of ours.
import type { ExtraData, Json, Level, LogRecord } from '@timelapser/logger'
import type { RecordDefaults } from '../decoded.ts'
import { OF_BODIES, OF_STREAMS, OF_TELEMETRY } from '../field-names.ts'
import { asJson, asObject, asText, chooseLevel, toPlacedRecord } from '../foreign-record.ts'
import { putExtra, readCameraId } from '../record-fields.ts'
import { fromNanoseconds } from '../utc-text.ts'

/** A record as it came, by either encoding. */
export type OtlpRecord = {
  /** Nanoseconds since 1970; 0 for unknown. */
  time: bigint
  observedTime: bigint
  severityNumber: number
  severityText: string
  body: Json
  attributes: ExtraData
  /** As they came, from protocol buffers in hex; empty when there is none. */
  traceId: string
  spanId: string
  eventName: string
}

/** The fields that the records of a scope share. */
export type OtlpOrigin = { defaults: RecordDefaults; shared: ExtraData }

/** Resource and scope: `service.name` is the source, the scope's name the logger, `camera.id` the camera. */
export function toOrigin(
  resource: ExtraData,
  scope: { name: string; version: string; attributes: ExtraData },
  defaults: RecordDefaults,
): OtlpOrigin {
  const { 'service.name': service, ...others } = resource
  const shared: ExtraData = {}
  if (Object.keys(others).length > 0) shared.resource = others
  const about = { ...(scope.version && { version: scope.version }), ...scope.attributes }
  if (Object.keys(about).length > 0) shared.scope = about
  const camera = cameraOf(resource)
  return {
    shared,
    defaults: {
      ...defaults,
      ...(asText(service) !== undefined && { source: service as string }),
      ...(scope.name !== '' && { logger_name: scope.name }),
      ...(camera !== undefined && { camera_id: camera }),
    },
  }
}

/** Severity in number and text, trace and span stay in `extra_data`, beside the attributes. */
export function fromOtlp(sent: OtlpRecord, { defaults, shared }: OtlpOrigin): LogRecord {
  const camera = cameraOf(sent.attributes)
  const attributes: ExtraData = {}
  if (sent.severityNumber > 0) attributes.severity_number = sent.severityNumber
  if (sent.severityText !== '') attributes.severity_text = sent.severityText
  if (sent.traceId !== '') attributes.trace_id = sent.traceId
  if (sent.spanId !== '') attributes.span_id = sent.spanId
  if (sent.eventName !== '') attributes.event_name = sent.eventName
  for (const group of [sent.attributes, shared]) {
    for (const [key, value] of Object.entries(group)) {
      if (group === shared || camera === undefined || !OF_TELEMETRY.camera_id.includes(key))
        putExtra(attributes, key, value)
    }
  }
  const { message, fields } = readBody(sent)
  const levels: (string | undefined)[] = [levelOfSeverity(sent.severityNumber), sent.severityText]
  if (fields !== undefined) {
    for (const [key, value] of Object.entries(fields)) putExtra(attributes, key, value)
    for (const name of OF_STREAMS.level) levels.push(asText(fields[name]))
  }
  return toPlacedRecord(
    {
      timestamp: timeOf(sent.time) ?? timeOf(sent.observedTime),
      level: chooseLevel(levels, message),
      message,
      attributes,
    },
    camera === undefined ? defaults : { ...defaults, camera_id: camera },
  )
}

function timeOf(nanos: bigint): string | undefined {
  return nanos === 0n ? undefined : fromNanoseconds(nanos)
}

/** 1 to 4 trace, 5 to 8 debug, 9 to 12 info, 13 to 16 warn, 17 to 20 error, 21 to 24 fatal. */
export function levelOfSeverity(severity: number): Level | undefined {
  if (!(severity >= 1 && severity <= 24)) return undefined
  if (severity < 9) return 'DEBUG'
  if (severity < 13) return 'INFO'
  if (severity < 17) return 'WARNING'
  return severity < 21 ? 'ERROR' : 'CRITICAL'
}

const SEVERITY_NAMES: Readonly<Record<string, number>> = {
  ...{ TRACE: 1, DEBUG: 5, INFO: 9, WARN: 13, ERROR: 17, FATAL: 21 },
}

/** A severity as a number, as its digits or by its name, `SEVERITY_NUMBER_ERROR2`; 0 for none. */
export function readSeverity(value: unknown): number {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') return 0
  if (/^\d{1,2}$/.test(value)) return Number(value)
  const [, name = '', step] = /^SEVERITY_NUMBER_([A-Z]+)([2-4])?$/.exec(value) ?? []
  const first = SEVERITY_NAMES[name]
  return first === undefined ? 0 : first + Number(step ?? 1) - 1
}

/** The text of a body. One with fields, as Fluent Bit sends them, has its text under a name, and the others stay beside it. */
function readBody({ body, eventName }: OtlpRecord): { message: string; fields?: ExtraData } {
  if (body === null) return { message: eventName }
  if (typeof body === 'string') return { message: body }
  const sent = asObject(body)
  const name = OF_BODIES.find((one) => asText(sent?.[one]) !== undefined)
  if (sent === undefined || name === undefined) return { message: asJson(body, 'a body') }
  const { [name]: message, ...fields } = sent
  return { message: message as string, fields }
}

function cameraOf(attributes: ExtraData): number | undefined {
  return OF_TELEMETRY.camera_id.map((name) => readCameraId(attributes[name])).find((id) => id !== undefined)
}
