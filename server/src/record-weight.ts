import type { Json, LogRecord } from '@timelapser/logger'

/** Bytes of a record beside its texts: the object, its time and the names of level and source. */
export const RECORD_BYTES = 160

/** About the bytes a record takes in memory and on its way to the database, texts counted by their characters. */
export function weigh({ message, logger_name, extra_data }: LogRecord): number {
  const extra = extra_data === null ? 0 : weighJson(extra_data)
  return RECORD_BYTES + message.length + (logger_name?.length ?? 0) + extra
}

/** About the bytes that a value takes in memory, texts counted by their characters. */
export function weighJson(value: Json): number {
  if (typeof value === 'string') return 16 + value.length
  if (typeof value !== 'object' || value === null) return 8
  let bytes = 32
  if (Array.isArray(value)) for (const item of value) bytes += weighJson(item)
  else for (const key in value) bytes += 8 + key.length + weighJson(value[key] as Json)
  return bytes
}
