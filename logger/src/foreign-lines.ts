// Lines of other loggers, on their way to a handler of ours: pino's, winston's, LogTape's.
import { type Bound, bindTo, buildRecord, UNBOUND } from './build-record.ts'
import { inContext } from './context.ts'
import { type Level, parseLevel } from './level.ts'
import type { LogHandler } from './record.ts'
import { repairTimestamp } from './record-repair.ts'

export type ForeignOptions = {
  /** Where the lines go; closed with the transport. */
  handler: LogHandler
  /** Where the lines come from, unless they say so. Default `system`. */
  source?: string
  /** The logger inside the source. Default: the name of the other logger, if it has one. */
  logger_name?: string
}

type ForeignLine = {
  /** Any name or number of a level; INFO when it is none. */
  level: unknown
  text: string
  /** The fields beside the text; `camera_id`, `source` and `logger_name` become columns. */
  fields: Record<string, unknown>
  /** Milliseconds since 1970, or ISO 8601; now when it is no time. */
  time?: unknown
  name?: string | undefined
}

/** Writes one line; never throws. */
export type WriteForeign = (line: ForeignLine) => void

export function foreignWriter({ handler, source, logger_name }: ForeignOptions): WriteForeign {
  const columns = { ...(source === undefined ? {} : { source }), ...(logger_name ? { logger_name } : {}) }
  const unnamed = bindTo(UNBOUND, columns, {})
  const named = new Map<string, Bound>()

  function boundOf(name: string | undefined): Bound {
    if (logger_name || !name) return unnamed
    const known = named.get(name)
    if (known) return known
    const bound = bindTo(unnamed, { logger_name: name }, {})
    // Names are few; where they are not, they are made anew.
    if (named.size < 1_000) named.set(name, bound)
    return bound
  }

  return ({ level: theirs, text, fields, time, name }) => {
    try {
      const level: Level = parseLevel(theirs) ?? 'INFO'
      if (handler.isEnabled && !handler.isEnabled(level)) return
      // Text and fields as they are: `%` was filled where they come from.
      const record = buildRecord(level, [fields, text], inContext(boundOf(name)), {})
      handler.handle({ ...record, timestamp: repairTimestamp(time) ?? record.timestamp })
    } catch {
      // As little as our own loggers may hurt the application.
    }
  }
}
