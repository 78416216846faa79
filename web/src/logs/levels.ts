import type { LogRow } from 'timelapser-logs/api'

export type Level = LogRow['level']

/** Highest first, as the cards and menus list them. The values themselves are the server's vocabulary. */
export const LEVELS = ['CRITICAL', 'ERROR', 'WARNING', 'INFO', 'DEBUG'] as const satisfies readonly Level[]

export const LEVEL_NAME: Readonly<Record<Level, string>> = {
  CRITICAL: 'Critical',
  ERROR: 'Error',
  WARNING: 'Warning',
  INFO: 'Info',
  DEBUG: 'Debug',
}

export const LEVEL_TEXT: Readonly<Record<Level, string>> = {
  CRITICAL: 'text-critical',
  ERROR: 'text-error',
  WARNING: 'text-warning',
  INFO: 'text-info',
  DEBUG: 'text-debug',
}

export const LEVEL_FILL: Readonly<Record<Level, string>> = {
  CRITICAL: 'bg-critical-fill',
  ERROR: 'bg-error-fill',
  WARNING: 'bg-warning-fill',
  INFO: 'bg-info-fill',
  DEBUG: 'bg-debug-fill',
}

export function isLevel(value: string): value is Level {
  return (LEVELS as readonly string[]).includes(value)
}

/** Other systems' names of the levels, which the API takes as well; their table is in logger/src/level.ts. */
const ALIASES: Readonly<Record<Level, string>> = {
  CRITICAL: 'CRIT C FATAL FTL F ALERT EMERG EMERGENCY FAULT PANIC DPANIC',
  ERROR: 'ERR E SEVERE FAIL FAILURE',
  WARNING: 'WARN WRN W',
  INFO: 'INF I INFORMATION INFORMATIONAL NOTICE NOTE SUCCESS CONFIG HTTP LOG',
  DEBUG: 'DBG DBUG DEBU D TRACE TRC T FINE FINER FINEST ALL VERBOSE VRB SILLY',
}

/** The level that a text means, as the API reads it: `warn`, `Fatal`, pino's 40; undefined when it means none. */
export function parseLevel(text: string): Level | undefined {
  const name = text.trim().toUpperCase()
  if (/^\d{1,3}$/.test(name)) return numberedLevel(Number(name))
  return LEVELS.find((level) => level === name || ALIASES[level].split(' ').includes(name))
}

/** 20 debug, 30 info … 60 critical, as pino numbers them. */
function numberedLevel(number: number): Level | undefined {
  if (number < 1 || number > 100) return undefined
  return LEVELS[6 - Math.min(Math.max(Math.floor(number / 10), 2), 6)]
}
