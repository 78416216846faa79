import { comparable } from '../../store/database/timestamp.ts'
import type { LoggerCount } from '../../store/reading/logger-counts.ts'
import { mostFrequent } from './message-groups.ts'

export type LevelCounts = { debug: number; info: number; warning: number; error: number; critical: number }

export type NoisyLogger = {
  logger_name: string | null
  count: number
  share: number
  rate_per_minute: number
  by_level: LevelCounts
  sources: string[]
  last_at: string
}

/** Each logger with the lines it wrote in `minutes` minutes, most lines first. */
export function toNoisyLoggers(counts: readonly LoggerCount[], minutes: number): NoisyLogger[] {
  const total = rowsOf(counts)
  return [...Map.groupBy(counts, ({ logger_name }) => logger_name)]
    .map(([logger_name, of]) => {
      const count = rowsOf(of)
      const sources = Map.groupBy(of, ({ source }) => source)
      return {
        logger_name,
        count,
        share: count / total,
        rate_per_minute: rateOf(count, minutes),
        by_level: levelCounts(of),
        sources: mostFrequent(new Map([...sources].map(([source, some]) => [source, rowsOf(some)]))),
        last_at: of.map(({ last_at }) => last_at).reduce((a, b) => (comparable(a) > comparable(b) ? a : b)),
      }
    })
    .sort((a, b) => b.count - a.count || ((a.logger_name ?? '') < (b.logger_name ?? '') ? -1 : 1))
}

/** Rows by level, zeros included. */
export function levelCounts(of: readonly { level: string; rows: number }[]): LevelCounts {
  const count = (level: string) => rowsOf(of.filter((one) => one.level === level))
  return {
    debug: count('DEBUG'),
    info: count('INFO'),
    warning: count('WARNING'),
    error: count('ERROR'),
    critical: count('CRITICAL'),
  }
}

/** Lines a minute, to two digits; less than a minute counts as a minute. */
export function rateOf(count: number, minutes: number): number {
  return Math.round((count / Math.max(minutes, 1)) * 100) / 100
}

export function rowsOf(counts: readonly { rows: number }[]): number {
  return counts.reduce((sum, { rows }) => sum + rows, 0)
}
