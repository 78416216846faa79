import { expect, it } from 'vitest'
import { DEFAULT_VIEW, type LogFilters } from '../view.ts'
import { listedCount } from './listed-count.ts'

const summary = {
  ...{ total_logs: 11_111, critical_count: 1, error_count: 10, warning_count: 100, info_count: 1000 },
  ...{ debug_count: 10_000, unique_sources: 1, unique_cameras: 0, first_log_at: null, last_log_at: null },
}

it.each([
  [{}, 11_111],
  [{ level: ['ERROR', 'DEBUG'] }, 10_010],
  [{ min_level: 'WARNING' }, 111],
  [{ min_level: 'ERROR', exclude_level: ['CRITICAL'] }, 10],
] satisfies [Partial<LogFilters>, number][])('%j lists %d lines', (filters, count) => {
  expect(listedCount(summary, { ...DEFAULT_VIEW, ...filters })).toBe(count)
})
