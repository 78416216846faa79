// One call -> one record, complete: repaired, redacted, within the limits. Everything a logger does when it is enabled.
import { parseCall } from './call-arguments.ts'
import { eventTime } from './clock.ts'
import type { Level } from './level.ts'
import { isErrorLike, type Lifted, lift, readField, type Serializers, safeKeys } from './lift-columns.ts'
import { jsonBytes, toExtraData } from './plain-data.ts'
import { type ExtraData, type LogRecord, RECORD_LIMITS } from './record.ts'
import { noteTruncation } from './record-repair.ts'
import { MASK } from './redaction/secret-names.ts'
import { hideRepeated, redactData, redactText } from './redaction.ts'
import { cutBytes, repairText } from './repair-text.ts'

/** The bindings of a logger, prepared once so that a call only copies them. */
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

/** A sensitive text up to this length is hidden whole: its secret may stand anywhere. */
const SHORT_TEXT = 200
/** The first words of a longer text, at most 24 characters; a word with a digit or a sign may be the secret. */
const FIRST_WORDS = /^(?:\p{L}+ )*/u
const FIRST_WORDS_CHARACTERS = 24

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
  const secrets: string[] = []
  const redacted = own && redactData(own, secrets)
  const extra = redacted && bound.extra ? { ...bound.extra, ...redacted } : (redacted ?? bound.extra)
  const text = hideRepeated(call.text ?? errorMessage(lifted.rest), secrets)
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
  if (sensitive) {
    return {
      timestamp,
      level,
      message: redactText(repairText(bound.prefix + hideText(repairText(text)))),
      source,
      logger_name,
      camera_id,
      extra_data: keysOnly(extra),
    }
  }
  const whole = redactText(repairText(bound.prefix === '' ? text : bound.prefix + text))
  const cut = cutBytes(whole, RECORD_LIMITS.messageBytes)
  const extra_data = noteTruncation(extra, cut.truncatedBytes)
  return { timestamp, level, message: cut.text, source, logger_name, camera_id, extra_data }
}

/** Masks a short text whole; shows the first words of a long text. */
function hideText(text: string): string {
  if (text.length <= SHORT_TEXT) return MASK
  const start = text.slice(0, FIRST_WORDS_CHARACTERS)
  return `${FIRST_WORDS.exec(start)?.[0] ?? ''}${MASK}`
}

function keysOnly(extra: ExtraData | null): ExtraData {
  const masked: ExtraData = {}
  for (const key of Object.keys(extra ?? {})) masked[key] = MASK
  masked.sensitive = true
  return masked
}

/** The message of the first error in what was logged: the text of a call that has none of its own. */
function errorMessage(extra: object): string {
  for (const key of safeKeys(extra)) {
    const value = readField(extra, key)
    if (isErrorLike(value)) return String((value as Error).message)
  }
  const message = readField(extra, 'msg') ?? readField(extra, 'message')
  return typeof message === 'string' ? message : ''
}
