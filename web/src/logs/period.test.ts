import { describe, expect, it } from 'vitest'
import { periodInWords } from './period.ts'

describe('the period of a count', () => {
  it('is said in words', () => {
    expect(periodInWords({ kind: 'last', seconds: 86_400 }, 'UTC')).toBe('last 24 hours')
    expect(periodInWords({ kind: 'last', seconds: 3600 }, 'UTC')).toBe('last 60 minutes')
    expect(periodInWords({ kind: 'last', seconds: 7 * 86_400 }, 'UTC')).toBe('last 7 days')
    expect(periodInWords({ kind: 'all' }, 'UTC')).toBe('all stored lines')
  })

  it('names today where the other end is of another day', () => {
    const now = new Date().toISOString()
    const range = { kind: 'between' as const, from: '2005-06-09T06:00:00Z', to: now }
    expect(periodInWords(range, 'UTC')).toMatch(/2005, 06:00 – today, \d\d:\d\d/)
    expect(periodInWords({ ...range, from: now }, 'UTC')).not.toMatch(/today/)
  })

  it('names the day once when both ends share it', () => {
    const range = {
      kind: 'between' as const,
      from: '2005-06-09T06:00:00Z',
      to: '2005-06-09T07:29:59.999999Z',
    }
    expect(periodInWords(range, 'UTC')).toMatch(/^[^–]*2005[^–]*06:00 – 07:30$/)
  })
})
