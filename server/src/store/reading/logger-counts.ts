import type { Level } from '@timelapser/logger'
import { everyRow } from '../blocks/every-row.ts'
import { isTimeout, queryWithin } from '../database/reader.ts'
import { SqlParameters } from '../database/sql-parameters.ts'
import type { LogFilter } from '../filter/log-filter.ts'
import { earliest, groupsFor } from './log-groups.ts'
import { matchingRows } from './log-rows.ts'
import { SEARCH_BUDGET_MS } from './search-rows.ts'
import type { Store } from './store.ts'

export type LoggerCount = {
  logger_name: string | null
  source: string
  level: Level
  rows: number
  first_at: string
  last_at: string
}

export type LoggerCounts = {
  counts: LoggerCount[]
  /** From where on all was counted, when the time was over before the range was; null for all of it. */
  counted_from: string | null
}

/**
 * Rows by logger, source and level, newest stretch of time first, one statement each; a group comes once for each
 * stretch that met it. Loggers are not among the kept counts, so the rows themselves are counted, within the time.
 */
export async function countLoggers(store: Store, filter: LogFilter): Promise<LoggerCounts> {
  const deadline = performance.now() + (store.searchBudgetMs ?? SEARCH_BUDGET_MS)
  const counts: LoggerCount[] = []
  let countedFrom: string | null = null
  for await (const { lower, upper } of groupsFor(store, filter, 'newest', undefined)) {
    const timeoutMs = deadline - performance.now()
    if (timeoutMs <= 0) return { counts, counted_from: countedFrom ?? earliest(filter.end, upper) }
    const parameters = new SqlParameters()
    const columns = 'logger_name, source, level, timestamp'
    const choice = matchingRows(filter, { lower, upper }, columns, parameters)
    const text = `
    /* count_loggers */
    select logger_name, source, level, count(*)::bigint as rows, min(timestamp) as first_at, max(timestamp) as last_at
    from ${everyRow(choice, parameters)} every
    group by 1, 2, 3`
    try {
      const limits = { signal: store.signal, timeoutMs }
      const { rows } = await queryWithin<LoggerCount>(store.pool, text, parameters.values, limits)
      // One by one: a call takes some 120,000 arguments.
      for (const row of rows) counts.push(row)
    } catch (error) {
      if (isTimeout(error)) return { counts, counted_from: countedFrom ?? earliest(filter.end, upper) }
      throw error
    }
    countedFrom = lower
  }
  return { counts, counted_from: null }
}
