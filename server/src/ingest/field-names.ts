import type { LogRecord } from '@timelapser/logger'

export type RecordField = keyof LogRecord

type FieldName = { field: RecordField; rank: number; textOnly: boolean }

/**
 * What other loggers call the seven fields, best first. Those after a `null` are common words: they are taken
 * only when they hold text (`log` is a line in Docker's files and an object in ECS).
 */
const NAMES: Readonly<Record<RecordField, readonly (string | null)[]>> = {
  message: ['msg', 'text', '@message', 'Message', 'MESSAGE', null, 'event', 'log', 'body'],
  level: [
    'severity',
    'lvl',
    'levelname',
    'log.level',
    'log_level',
    'loglevel',
    'severity_text',
    'severityText',
    'error_severity',
    'LogLevel',
    'Level',
    'Severity',
  ],
  timestamp: [
    'time',
    'ts',
    '@timestamp',
    'datetime',
    'date',
    'asctime',
    'Timestamp',
    'time_iso8601',
    'time_local',
  ],
  source: [null, 'service', 'app', 'application', 'service.name', 'service_name', 'appname'],
  logger_name: [null, 'loggerName', 'logger', 'log.logger', 'name', 'category', 'SourceContext', 'Category'],
  camera_id: ['cameraId'],
  extra_data: ['extra', 'context'],
}

const BY_NAME: ReadonlyMap<string, FieldName> = new Map(
  (Object.entries(NAMES) as [RecordField, readonly (string | null)[]][]).flatMap(([field, names]) => {
    const border = names.indexOf(null)
    return names.flatMap((name, rank): [string, FieldName][] =>
      name === null ? [] : [[name, { field, rank, textOnly: border !== -1 && rank > border }]],
    )
  }),
)

/**
 * Which field an unknown name stands for, when its value can be meant so.
 */
export function fieldFor(name: string, value: unknown): FieldName | undefined {
  const found = BY_NAME.get(name)
  if (found === undefined || value === null) return undefined
  if (found.textOnly && typeof value !== 'string') return undefined
  if (typeof value !== 'object') return found.field === 'extra_data' ? undefined : found
  if (Array.isArray(value)) return undefined
  return found.field === 'extra_data' || found.field === 'message' ? found : undefined
}
