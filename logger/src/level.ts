/** The five levels of the `logs` table, lowest first. */
export const LEVELS = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'] as const

export type Level = (typeof LEVELS)[number]

/** Rank of each level, as Python's `logging` and loguru number them. */
export const LEVEL_VALUES: Readonly<Record<Level, number>> = {
  DEBUG: 10,
  INFO: 20,
  WARNING: 30,
  ERROR: 40,
  CRITICAL: 50,
}

/** The names that other systems give the five levels, upper case: syslog, log4j, pino, loguru, Windows, Go, Apache. */
export const LEVEL_NAMES: Readonly<Record<string, Level>> = {
  DEBUG: 'DEBUG',
  DBG: 'DEBUG',
  DBUG: 'DEBUG',
  DEBU: 'DEBUG',
  D: 'DEBUG',
  TRACE: 'DEBUG',
  TRC: 'DEBUG',
  T: 'DEBUG',
  FINE: 'DEBUG',
  FINER: 'DEBUG',
  FINEST: 'DEBUG',
  ALL: 'DEBUG',
  VERBOSE: 'DEBUG',
  VRB: 'DEBUG',
  SILLY: 'DEBUG',
  INFO: 'INFO',
  INF: 'INFO',
  I: 'INFO',
  INFORMATION: 'INFO',
  INFORMATIONAL: 'INFO',
  NOTICE: 'INFO',
  NOTE: 'INFO',
  SUCCESS: 'INFO',
  CONFIG: 'INFO',
  HTTP: 'INFO',
  LOG: 'INFO',
  WARNING: 'WARNING',
  WARN: 'WARNING',
  WRN: 'WARNING',
  W: 'WARNING',
  ERROR: 'ERROR',
  ERR: 'ERROR',
  E: 'ERROR',
  SEVERE: 'ERROR',
  FAIL: 'ERROR',
  FAILURE: 'ERROR',
  CRITICAL: 'CRITICAL',
  CRIT: 'CRITICAL',
  C: 'CRITICAL',
  FATAL: 'CRITICAL',
  FTL: 'CRITICAL',
  F: 'CRITICAL',
  ALERT: 'CRITICAL',
  EMERG: 'CRITICAL',
  EMERGENCY: 'CRITICAL',
  FAULT: 'CRITICAL',
  PANIC: 'CRITICAL',
  DPANIC: 'CRITICAL',
}

export function isLevel(value: unknown): value is Level {
  return typeof value === 'string' && Object.hasOwn(LEVEL_VALUES, value)
}

/**
 * The level another system means by `value`: a name in any case (`warn`, `NOTICE`, `Fatal`) or a number of
 * pino's or bunyan's scale (10 trace … 60 fatal).
 *
 * @returns the level, or `undefined` when the value names none.
 */
export function parseLevel(value: unknown): Level | undefined {
  if (typeof value === 'string') {
    const name = value.trim().toUpperCase()
    return Object.hasOwn(LEVEL_NAMES, name) ? LEVEL_NAMES[name] : undefined
  }
  if (typeof value !== 'number' || !(value > 0 && value <= 100)) return undefined
  if (value < 30) return 'DEBUG'
  if (value < 40) return 'INFO'
  if (value < 50) return 'WARNING'
  if (value < 60) return 'ERROR'
  return 'CRITICAL'
}

/** Whether a record of `level` passes a gate set to `threshold`. */
export function isEnabled(level: Level, threshold: Level): boolean {
  return LEVEL_VALUES[level] >= LEVEL_VALUES[threshold]
}
