// The levels people set, and which of them counts for a line; pure.
import { LEVEL_VALUES, type Level } from './level.ts'
import type { LogRecord } from './record.ts'

/** The kinds of target an override has, the strongest first. */
export const LEVEL_SCOPES = ['camera', 'logger', 'source'] as const
export type LevelScope = (typeof LEVEL_SCOPES)[number]

/** A level that replaces the global level for a camera, a logger or a source. */
export type LevelOverride = {
  scope: LevelScope
  /** The camera's id as text, the logger's name (or its beginning up to a dot), or the source. */
  target: string
  level: Level
  /** ISO 8601; null for ever. */
  expires_at: string | null
  /** Lines a minute that only this override lets through; more are held back and counted. */
  max_lines_per_minute: number
}

/** Everything people set about levels. */
export type LevelRules = { log_level: Level; overrides: readonly LevelOverride[] }

/** Where a line comes from. */
export type LinePlace = Pick<LogRecord, 'source' | 'logger_name' | 'camera_id'>

/** An override as it is decided by. */
export type CompiledOverride = LevelOverride & { value: number; expiresMs: number }

/** Rules made ready: looked up, not searched. */
export type CompiledRules = {
  rules: LevelRules
  value: number
  camera: ReadonlyMap<string, CompiledOverride>
  logger: ReadonlyMap<string, CompiledOverride>
  source: ReadonlyMap<string, CompiledOverride>
}

export function compileRules(rules: LevelRules): CompiledRules {
  const maps = { camera: new Map(), logger: new Map(), source: new Map() } satisfies Record<
    LevelScope,
    Map<string, CompiledOverride>
  >
  for (const override of rules.overrides) {
    const expiresMs =
      override.expires_at === null ? Number.POSITIVE_INFINITY : Date.parse(override.expires_at)
    maps[override.scope].set(override.target, { ...override, value: LEVEL_VALUES[override.level], expiresMs })
  }
  return { rules, value: LEVEL_VALUES[rules.log_level], ...maps }
}

/**
 * The override in force for a line, undefined when the global level is. A camera's override goes before a logger's,
 * that before a source's: raising camera 3 means all its lines, from any logger. Among loggers the longest name decides
 * that the line's name begins with, up to a dot; an expired override does not count.
 */
export function findOverride(
  rules: CompiledRules,
  place: LinePlace,
  nowMs: number,
): CompiledOverride | undefined {
  const { camera, logger, source } = rules
  const inForce = (one: CompiledOverride | undefined) => (one && one.expiresMs > nowMs ? one : undefined)
  if (camera.size > 0) {
    const found = inForce(camera.get(cameraOf(place)))
    if (found) return found
  }
  if (logger.size > 0 && place.logger_name !== null) {
    for (
      let name = place.logger_name;
      name !== '';
      name = name.slice(0, Math.max(0, name.lastIndexOf('.')))
    ) {
      const found = inForce(logger.get(name))
      if (found) return found
    }
  }
  return source.size > 0 ? inForce(source.get(place.source)) : undefined
}

/** The camera of a line as text, empty without a camera; a line of the source `camera_3` belongs to camera 3. */
export function cameraOf({ camera_id, source }: Pick<LinePlace, 'camera_id' | 'source'>): string {
  if (camera_id !== null) return String(camera_id)
  return source.startsWith('camera_') ? source.slice(7) : ''
}
