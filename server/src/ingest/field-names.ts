// Names that other systems give the fields of a record, by the place where the names stand. This file has all of these
// lists.
import type { LogRecord } from '@timelapser/logger'
import { readTimestamp } from './record-fields.ts'

export type RecordField = keyof LogRecord

/** Names of a field, best first. */
type Names = readonly string[]

/** Names in a JSON object that is a whole line. */
const OF_LINES: Readonly<Record<RecordField, Names>> = {
  message: ['msg', 'text', '@message', 'event', 'log', 'body'],
  level: [
    ...[
      'severity',
      'lvl',
      'levelname',
      'log.level',
      'log_level',
      'loglevel',
      'severity_text',
      'severityText',
    ],
    'error_severity',
  ],
  timestamp: ['time', 'ts', '@timestamp', 'datetime', 'date', 'asctime', 'time_iso8601', 'time_local'],
  source: ['service', 'app', 'application', 'service.name', 'service_name', 'appname'],
  logger_name: ['loggerName', 'logger', 'log.logger', 'name', 'category', 'SourceContext', 'Category'],
  camera_id: ['cameraId'],
  extra_data: ['extra', 'context'],
}

/** Common words: in a line they are taken only when they hold text (`log` is a line in Docker's files, an object in ECS). */
const TEXT_ONLY: ReadonlySet<string> = new Set([
  ...['event', 'log', 'body'],
  ...OF_LINES.source,
  ...OF_LINES.logger_name,
])

export type AttributeField = 'source' | 'logger_name' | 'camera_id'

/** Names of attributes beside a message: ECS, OpenTelemetry, Serilog, Loki's and Docker's labels. */
const OF_ATTRIBUTES: Readonly<Record<AttributeField, Names>> = {
  source: [
    ...['source', 'service.name', 'service_name', 'service', 'app', 'application', 'Application', 'appname'],
    ...['job', 'container_name', 'container'],
  ],
  logger_name: ['logger_name', 'loggerName', 'log.logger', 'logger', 'SourceContext', 'sourceContext'],
  camera_id: ['camera_id', 'cameraId', 'camera.id', 'camera'],
}

/** Names in documents as shippers index them. */
export const OF_DOCUMENTS = {
  timestamp: ['@timestamp', 'timestamp', 'time', 'ts'],
  level: ['log.level', 'level', 'severity', 'severity_text', 'levelname'],
  message: ['message', 'msg', 'log', 'text'],
} satisfies Partial<Record<RecordField, Names>>

/** Names of a stream's labels, and in the JSON object that its line may be. The last level is only Loki's guess. */
export const OF_STREAMS = {
  level: ['level', 'severity', 'severity_text', 'lvl', 'log_level', 'detected_level'],
  message: ['message', 'msg'],
} satisfies Partial<Record<RecordField, Names>>

/** Names of the text in an OpenTelemetry body that has fields. */
export const OF_BODIES: Names = ['message', 'msg', 'log', 'MESSAGE', 'text']

/** The names among OpenTelemetry's attributes; its other fields have places of their own. */
export const OF_TELEMETRY = {
  camera_id: ['camera.id', 'camera_id', 'cameraId'],
} satisfies Partial<Record<RecordField, Names>>

type Ranked<Field> = { field: Field; rank: number }

function ranked<Field extends string>(
  names: Readonly<Record<Field, Names>>,
): ReadonlyMap<string, Ranked<Field>> {
  return new Map(
    (Object.entries(names) as [Field, Names][]).flatMap(([field, own]) =>
      own.map((name, rank) => [name, { field, rank }] as const),
    ),
  )
}

const LINES = ranked(OF_LINES)
/** Fields whose names are known in any case: `Time`, `SeverityText`, `MESSAGE`. */
const ANY_CASE: ReadonlySet<string> = new Set(['message', 'level', 'timestamp'])
const LOWER = new Map(
  [...ranked({ message: ['message'], level: ['level'], timestamp: ['timestamp'] }), ...LINES]
    .filter(([, { field }]) => ANY_CASE.has(field))
    .map(([name, { field, rank }]) => [name.toLowerCase(), { field: field as RecordField, rank }] as const),
)
const ATTRIBUTES = ranked(OF_ATTRIBUTES)

/** Which field an unknown name of a line stands for, when its value can be meant so. */
export function fieldFor(name: string, value: unknown): Ranked<RecordField> | undefined {
  const found = LINES.get(name) ?? inAnyCase(name)
  if (found === undefined || value === null) return undefined
  if (typeof value !== 'string' && (TEXT_ONLY.has(name) || TEXT_ONLY.has(name.toLowerCase())))
    return undefined
  if (typeof value !== 'object') return found.field === 'extra_data' ? undefined : found
  if (Array.isArray(value)) return undefined
  // Seconds and nanoseconds side by side.
  if (found.field === 'timestamp') return readTimestamp(value) === undefined ? undefined : found
  return found.field === 'extra_data' || found.field === 'message' ? found : undefined
}

function inAnyCase(name: string): Ranked<RecordField> | undefined {
  const first = name.charCodeAt(0)
  return first >= 65 && first <= 90 ? LOWER.get(name.toLowerCase()) : undefined
}

/** Which field an attribute of that name may stand for. */
export function attributeFor(name: string): Ranked<AttributeField> | undefined {
  return ATTRIBUTES.get(name)
}

/** For each field the best of the names that stand for it. */
export function bestNames<Field>(
  names: readonly string[],
  fieldOf: (name: string) => Ranked<Field> | undefined,
): Map<Field, string> {
  const best = new Map<Field, Ranked<Field> & { name: string }>()
  for (const name of names) {
    const found = fieldOf(name)
    if (found === undefined) continue
    const rival = best.get(found.field)
    if (rival === undefined || found.rank < rival.rank) best.set(found.field, { ...found, name })
  }
  return new Map([...best].map(([field, { name }]) => [field, name]))
}
