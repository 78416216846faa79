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
