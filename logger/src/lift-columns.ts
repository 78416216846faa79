// Splits a logged object into columns of its record and extra data.
import { isError } from './describe-error.ts'
import { toCameraId, toLoggerName, toSource } from './record-repair.ts'
import { redactText } from './redaction.ts'

export type Serializers = { readonly [key: string]: ((value: unknown) => unknown) | undefined }

/** The columns taken from an object, and the rest of it. */
export type Lifted = {
  source: string | undefined
  logger_name: string | null | undefined
  camera_id: number | null | undefined
  sensitive: boolean
  rest: object
}

/** Takes the columns out of what was logged. A value that fits no column stays where it was. */
export function lift(value: object, serializers: Serializers): Lifted {
  const lifted: Lifted = {
    source: undefined,
    logger_name: undefined,
    camera_id: undefined,
    sensitive: false,
    rest: value,
  }
  let rest: Record<string, unknown> | undefined
  const keys = safeKeys(value)
  for (const key of keys) {
    const entry = readField(value, key)
    let target: string | undefined = key
    let replacement = entry
    if (key === 'camera_id') {
      const id = entry === null ? null : toCameraId(entry)
      lifted.camera_id = id
      if (id !== undefined) target = undefined
    } else if (key === 'source') {
      lifted.source = typeof entry === 'string' ? toSource(redactText(entry)) : undefined
      if (lifted.source !== undefined) target = undefined
    } else if (key === 'logger_name') {
      if (typeof entry === 'string' || entry === null) {
        lifted.logger_name = entry === null ? null : toLoggerName(redactText(entry))
        target = undefined
      }
    } else if (key === 'sensitive' && typeof entry === 'boolean') {
      lifted.sensitive = entry
      target = undefined
    } else {
      const serializer = serializers[key]
      if (serializer) replacement = serialize(serializer, entry)
      // pino's name for it; the pages look for one.
      if (key === 'err' && isErrorLike(replacement) && !keys.includes('error')) target = 'error'
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
    setOwn(copy, key, readField(value, key))
  }
  return copy
}

function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(target, key, { value, enumerable: true, configurable: true })
  else target[key] = value
}

export function safeKeys(value: object): string[] {
  try {
    return Object.keys(value)
  } catch {
    return []
  }
}

export function readField(value: object, key: string): unknown {
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

export function isErrorLike(value: unknown): boolean {
  return (
    isError(value) || (typeof value === 'object' && value !== null && 'stack' in value && 'message' in value)
  )
}
