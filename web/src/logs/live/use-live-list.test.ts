import type { LogRow } from 'timelapser-logs/api'
import { describe, expect, it } from 'vitest'
import {
  addLines,
  compareTimestamps,
  MAX_SHOWN,
  MAX_WAITING,
  mergeRows,
  NO_LINES,
  showWaiting,
} from './use-live-list.ts'

const row = (id: number, timestamp = `2026-01-01T00:00:00.${String(id).padStart(6, '0')}Z`): LogRow => ({
  id,
  timestamp,
  level: 'INFO',
  message: `line ${id}`,
  camera_id: null,
  camera_name: null,
  source: 'api',
  logger_name: null,
  extra_data: null,
})
const rows = (...ids: number[]) => ids.map((id) => row(id))
const ids = (list: readonly LogRow[]) => list.map((one) => one.id)

describe('live lines', () => {
  it('orders timestamps whose trailing zeros are cut', () => {
    expect(compareTimestamps('2026-01-01T00:00:00Z', '2026-01-01T00:00:00.1Z')).toBe(-1)
    expect(compareTimestamps('2026-01-01T00:00:00.12Z', '2026-01-01T00:00:00.120001Z')).toBe(-1)
    expect(compareTimestamps('2026-01-01T00:00:00.5Z', '2026-01-01T00:00:00.5Z')).toBe(0)
  })

  it('puts a late line where its time belongs and a repeated one nowhere', () => {
    expect(ids(mergeRows(rows(9, 4), rows(8, 4, 2)))).toEqual([9, 8, 4, 2])
  })

  it('grow on the list when live and wait when paused', () => {
    const live = addLines(NO_LINES, rows(1, 2), false, 0)
    const paused = addLines(live, rows(3, 4), true, 0)
    expect(ids(paused.shown)).toEqual([2, 1])
    expect(paused.waitingCount).toBe(2)
    expect(addLines(paused, rows(4), true, 0).waitingCount).toBe(2)
    expect(ids(addLines(live, rows(4, 3), true, 0).waiting)).toEqual([4, 3])
  })

  it('are shown when resumed', () => {
    const paused = addLines(addLines(NO_LINES, rows(1), false, 0), rows(2, 3), true, 0)
    expect(showWaiting(paused)).toEqual({ shown: rows(3, 2, 1), waiting: [], waitingCount: 0, skipped: 0 })
  })

  it('stay within their bound and count what they drop', () => {
    const many = Array.from({ length: MAX_SHOWN + 5 }, (_, index) => row(index + 1))
    const lines = addLines(NO_LINES, many, false, 2)
    expect(lines.shown).toHaveLength(MAX_SHOWN)
    expect(lines.shown[0]?.id).toBe(MAX_SHOWN + 5)
    expect(lines.skipped).toBe(7)
  })

  it('only count beyond what a paused list keeps', () => {
    const many = Array.from({ length: MAX_WAITING + 10 }, (_, index) => row(index + 1))
    const lines = addLines(NO_LINES, many, true, 0)
    expect(lines.waiting).toHaveLength(MAX_WAITING)
    expect(lines.waitingCount).toBe(MAX_WAITING + 10)
    expect(showWaiting(lines)).toBeNull()
  })
})
