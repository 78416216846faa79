import { LEVELS } from '@timelapser/logger'
import type { LogSources, LogStats } from '../../http/api-schemas.ts'
import type { ApiClient } from '../client/api-client.ts'

/** The server's counts before and after. */
export type Stock = { total: number; camera_logs: number; sources: string[]; levels: Record<string, number> }

export type Difference = { before: Stock; after: Stock }

/** Everything by source, and the range by level. */
export async function takeStock(
  client: ApiClient,
  { fromMs, toMs }: { fromMs: number; toMs: number },
): Promise<Stock> {
  const range = new URLSearchParams({
    start_date: new Date(fromMs).toISOString(),
    end_date: new Date(Math.ceil(toMs)).toISOString(),
  })
  const { summary } = await client.request<LogStats>('GET', `/api/logs/stats?${range}`)
  const { sources } = await client.request<LogSources>('GET', '/api/logs/sources')
  const sum = (of: LogSources['sources']) => of.reduce((total, { log_count }) => total + log_count, 0)
  const countOf = (level: string) => summary[`${level.toLowerCase()}_count` as keyof typeof summary]
  return {
    total: sum(sources),
    camera_logs: sum(sources.filter(({ source }) => source.startsWith('camera_'))),
    sources: sources.map(({ source }) => source),
    levels: Object.fromEntries(LEVELS.map((level) => [level, Number(countOf(level))])),
  }
}

/**
 * The spec's four lines, each with whether it is as it should be.
 *
 * @param stored how many lines the server said it stored in between
 */
export function tellDifference(
  before: Stock,
  after: Stock,
  stored: number,
): { verdicts: string[]; report: Difference } {
  const missing = LEVELS.filter((level) => (after.levels[level] ?? 0) === 0)
  const counts = Object.entries(after.levels).map(([level, count]) => `${level}(${count})`)
  const kinds = ['system', 'worker', 'api'].filter((kind) => !after.sources.includes(kind))
  const mark = (isGood: boolean, isRequired = true) => (isGood ? '✅' : isRequired ? '❌' : '⚠️')
  const verdicts = [
    `${mark(after.total >= before.total + stored)} Total logs: ${after.total} (up from ${before.total})`,
    missing.length === 0
      ? `✅ All log levels present: ${counts.join(', ')}`
      : `⚠️ Levels without a log in the range: ${missing.join(', ')}; present: ${counts.join(', ')}`,
    `${mark(after.camera_logs > 0, false)} Camera logs: ${after.camera_logs} camera-specific entries`,
    `${mark(kinds.length === 0, false)} Sources: ${after.sources.join(', ')}`,
  ]
  return { verdicts, report: { before, after } }
}
