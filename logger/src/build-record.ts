// One call -> one record, complete: repaired, redacted, within the limits. Everything a logger does when it is enabled.
import { parseCall } from './call-arguments.ts'
import { eventTime } from './clock.ts'
import { isError } from './describe-error.ts'
import type { Level } from './level.ts'
import { jsonBytes, toExtraData } from './plain-data.ts'
import { type ExtraData, type LogRecord, RECORD_LIMITS } from './record.ts'
import { noteTruncation, toCameraId, toLoggerName, toSource } from './record-repair.ts'
import { redactData, redactText } from './redaction.ts'
import { cutBytes, repairText } from './repair-text.ts'
import { MASK } from './secret-names.ts'

/** What a logger is bound to, made ready once so that a call only copies it. */
export type Bound = {
  source: string
  /** Nobody named the source; a camera may. */
  sourceIsDefault: boolean
  logger_name: string | null
  camera_id: number | null
  sensitive: boolean
  extra: ExtraData | null
  extraBytes: number
  prefix: string
}

export type Serializers = { readonly [key: string]: ((value: unknown) => unknown) | undefined }

/** What the columns take of an object, and the rest of it. */
type Lifted = {
  source: string | undefined
  logger_name: string | null | undefined
  camera_id: number | null | undefined
  sensitive: boolean
  rest: object
}

/** Characters kept of a message that is sensitive. */
const SENSITIVE_CHARACTERS = 24

export const UNBOUND: Bound = {
  source: 'system',
  sourceIsDefault: true,
  logger_name: null,
  camera_id: null,
  sensitive: false,
  extra: null,
  extraBytes: 0,
  prefix: '',
}

/** `parent` with further bindings; the work of a call is done here, once. */
export function bindTo(parent: Bound, bindings: object, serializers: Serializers): Bound {
  const lifted = lift(bindings, serializers)
  const camera_id = lifted.camera_id === undefined ? parent.camera_id : lifted.camera_id
  const cameraSource = typeof lifted.camera_id === 'number' ? `camera_${lifted.camera_id}` : undefined
  const source = lifted.source ?? cameraSource
  const own = toExtraData(lifted.rest, RECORD_LIMITS.extraDataBytes - parent.extraBytes)
  const extra = own ? { ...parent.extra, ...redactData(own) } : parent.extra
  return {
    source: source ?? parent.source,
    sourceIsDefault: source === undefined && parent.sourceIsDefault,
    logger_name: lifted.logger_name === undefined ? parent.logger_name : lifted.logger_name,
    camera_id,
    sensitive: parent.sensitive || lifted.sensitive,
    extra,
    extraBytes: extra ? jsonBytes(extra) : 0,
    prefix: parent.prefix,
  }
}

/** The record of one call. */
export function buildRecord(
  level: Level,
  args: readonly unknown[],
  bound: Bound,
  serializers: Serializers,
): LogRecord {
  const timestamp = eventTime()
  const call = parseCall(args)
  if (call.extra === undefined) {
    return finish(timestamp, level, call.text ?? '', bound, bound, bound.extra, bound.sensitive)
  }
  const lifted = lift(call.extra, serializers)
  const own = toExtraData(lifted.rest, RECORD_LIMITS.extraDataBytes - bound.extraBytes)
  const redacted = own && redactData(own)
  const extra = redacted && bound.extra ? { ...bound.extra, ...redacted } : (redacted ?? bound.extra)
  const text = call.text ?? errorMessage(lifted.rest)
  return finish(
    timestamp,
    level,
    text,
    bound,
    columnsOf(lifted, bound),
    extra,
    bound.sensitive || lifted.sensitive,
  )
}

type Columns = Pick<LogRecord, 'source' | 'logger_name' | 'camera_id'>

function columnsOf(lifted: Lifted, bound: Bound): Columns {
  const cameraSource =
    bound.sourceIsDefault && typeof lifted.camera_id === 'number' ? `camera_${lifted.camera_id}` : undefined
  return {
    source: lifted.source ?? cameraSource ?? bound.source,
    logger_name: lifted.logger_name === undefined ? bound.logger_name : lifted.logger_name,
    camera_id: lifted.camera_id === undefined ? bound.camera_id : lifted.camera_id,
  }
}

function finish(
  timestamp: string,
  level: Level,
  text: string,
  bound: Bound,
  columns: Columns,
  extra: ExtraData | null,
  sensitive: boolean,
): LogRecord {
  const { source, logger_name, camera_id } = columns
  const whole = redactText(repairText(bound.prefix === '' ? text : bound.prefix + text))
  if (sensitive) {
    const message = whole.length > SENSITIVE_CHARACTERS ? `${whole.slice(0, SENSITIVE_CHARACTERS)}…` : whole
    return {
      timestamp,
      level,
      message: repairText(message),
      source,
      logger_name,
      camera_id,
      extra_data: keysOnly(extra),
    }
  }
  const cut = cutBytes(whole, RECORD_LIMITS.messageBytes)
  const extra_data = noteTruncation(extra, cut.truncatedBytes)
  return { timestamp, level, message: cut.text, source, logger_name, camera_id, extra_data }
}

function keysOnly(extra: ExtraData | null): ExtraData {
  const masked: ExtraData = {}
  for (const key of Object.keys(extra ?? {})) masked[key] = MASK
  masked.sensitive = true
  return masked
}

/** Takes the columns out of what was logged. A value that fits no column stays where it was. */
function lift(value: object, serializers: Serializers): Lifted {
  const lifted: Lifted = {
    source: undefined,
    logger_name: undefined,
    camera_id: undefined,
    sensitive: false,
    rest: value,
  }
  let rest: Record<string, unknown> | undefined
  for (const key of safeKeys(value)) {
    const entry = read(value, key)
    let target: string | undefined = key
    let replacement = entry
    if (key === 'camera_id') {
      const id = entry === null ? null : toCameraId(entry)
      lifted.camera_id = id
      if (id !== undefined) target = undefined
    } else if (key === 'source') {
      lifted.source = toSource(entry)
      if (lifted.source !== undefined) {
        lifted.source = redactText(lifted.source)
        target = undefined
      }
    } else if (key === 'logger_name') {
      if (typeof entry === 'string' || entry === null) {
        lifted.logger_name = entry && redactText(toLoggerName(entry) ?? '')
        target = undefined
      }
    } else if (key === 'sensitive' && typeof entry === 'boolean') {
      lifted.sensitive = entry
      target = undefined
    } else {
      const serializer = serializers[key]
      if (serializer) replacement = serialize(serializer, entry)
      // pino's name for it; the pages look for one.
      if (key === 'err' && isErrorLike(replacement)) target = 'error'
    }
    if (target === key && replacement === entry) {
      if (rest) setOwn(rest, key, entry)
      continue
    }
    rest ??= copyBefore(value, key)
    if (target !== undefined) setOwn(rest, target, replacement)
  }
  if (rest) lifted.rest = rest
  return lifted
}

function copyBefore(value: object, end: string): Record<string, unknown> {
  const copy: Record<string, unknown> = {}
  for (const key of safeKeys(value)) {
    if (key === end) break
    setOwn(copy, key, read(value, key))
  }
  return copy
}

function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(target, key, { value, enumerable: true, configurable: true })
  else target[key] = value
}

function safeKeys(value: object): string[] {
  try {
    return Object.keys(value)
  } catch {
    return []
  }
}

function read(value: object, key: string): unknown {
  try {
    return (value as Record<string, unknown>)[key]
  } catch (error) {
    return `[threw: ${isError(error) ? error.message : 'unknown'}]`
  }
}

function serialize(serializer: (value: unknown) => unknown, value: unknown): unknown {
  try {
    return serializer(value)
  } catch (error) {
    return `[serializer threw: ${isError(error) ? error.message : 'unknown'}]`
  }
}

function isErrorLike(value: unknown): boolean {
  return (
    isError(value) || (typeof value === 'object' && value !== null && 'stack' in value && 'message' in value)
  )
}

/** The message of the first error in what was logged: the text of a call that has none of its own. */
function errorMessage(extra: object): string {
  for (const key of safeKeys(extra)) {
    const value = read(extra, key)
    if (isErrorLike(value)) return String((value as Error).message)
  }
  const message = read(extra, 'msg') ?? read(extra, 'message')
  return typeof message === 'string' ? message : ''
}
