import { describe, expect, it } from 'vitest'
import { SqlParameters } from '../database/sql-parameters.ts'
import { cutoffFor, cutoffsOf, earliestCutoff, goesBefore, latestCutoff } from './retention-policy.ts'

const NOW = Date.parse('2026-03-31T12:34:56.789Z')
const rules = (days: number, level: Record<string, number>, source: Record<string, number>) =>
  cutoffsOf({ retention_days: days, retention_by_level: level, retention_by_source: source }, NOW)

describe('cut-offs', () => {
  it('lie on whole minutes, so many times 24 hours ago', () => {
    expect(rules(30, {}, {}).general).toBe('2026-03-01T12:34:00Z')
    expect(rules(0, {}, {}).general).toBeNull()
  })

  it.each([
    ['the general one', 'INFO', 'worker', '2026-03-01T12:34:00Z'],
    ["the level's own", 'DEBUG', 'worker', '2026-03-28T12:34:00Z'],
    ["the source's own before the level's", 'DEBUG', 'api', '2026-03-24T12:34:00Z'],
    ['for ever', 'DEBUG', 'audit', null],
    ['of a source named like a property of every object', 'INFO', 'constructor', '2026-03-01T12:34:00Z'],
  ] as const)('are for each row %s', (_, level, source, cutoff) => {
    expect(cutoffFor(rules(30, { DEBUG: 3 }, { api: 7, audit: 0 }), { level, source })).toBe(cutoff)
  })

  it('know from where on all stays, and before where all goes', () => {
    expect(latestCutoff(rules(30, { DEBUG: 3 }, { api: 0 }))).toBe('2026-03-28T12:34:00Z')
    expect(earliestCutoff(rules(30, { DEBUG: 3, ERROR: 90 }, {}))).toBe('2025-12-31T12:34:00Z')
    expect(earliestCutoff(rules(30, { DEBUG: 3 }, { api: 0 }))).toBeNull()
    expect(latestCutoff(rules(0, {}, {}))).toBeNull()
  })

  it('become one condition with values as parameters alone', () => {
    const parameters = new SqlParameters()
    expect(goesBefore(rules(30, { DEBUG: 3 }, { "a'b": 0 }), 'timestamp', parameters)).toBe(
      'timestamp < $6::timestamptz and timestamp < case when source = $1::text then $2::timestamptz ' +
        'when level = $3::text then $4::timestamptz else $5::timestamptz end',
    )
    expect(parameters.values).toEqual([
      "a'b",
      '-infinity',
      'DEBUG',
      '2026-03-28T12:34:00Z',
      '2026-03-01T12:34:00Z',
      '2026-03-28T12:34:00Z',
    ])
  })

  it('make nothing go when everything is kept', () => {
    expect(goesBefore(rules(0, {}, {}), 'timestamp', new SqlParameters())).toBe('false')
  })
})
