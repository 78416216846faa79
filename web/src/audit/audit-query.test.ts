import { expect, it } from 'vitest'
import { auditParameters, auditPath, filtersOf, fromField, toField } from './audit-query.ts'

const NOW = Date.parse('2026-11-23T12:00:00Z')

it.each([
  ['', ''],
  ['?actor=user+anna&nonsense=1', 'actor=user+anna'],
  ['?action=camera&range=1h&page=3', 'action=camera&start_date=2026-11-23T11%3A00%3A00.000Z&page=3'],
  ['?range=soon', ''],
  [
    '?from=2026-11-01T00:00:00Z&to=2026-11-02T00:00:00Z',
    'start_date=2026-11-01T00%3A00%3A00Z&end_date=2026-11-02T00%3A00%3A00Z',
  ],
])('%j asks for %j', (search, expected) => {
  expect(auditParameters(search, NOW).toString()).toBe(expected)
})

it('keeps its filters in the address and begins at page 1', () => {
  const path = auditPath({ actor: 'user anna', range: '7d' })
  expect(path).toBe('/audit?actor=user+anna&range=7d')
  expect(filtersOf(path.slice('/audit'.length))).toEqual({ actor: 'user anna', range: '7d' })
  expect(auditPath({}, 2)).toBe('/audit?page=2')
})

it('reads and shows times in the zone', () => {
  expect(toField('2026-11-23T12:30:00Z', 'Europe/Berlin')).toBe('2026-11-23T13:30')
  expect(fromField('2026-11-23T13:30', 'Europe/Berlin')).toBe('2026-11-23T12:30:00.000Z')
  expect(fromField('', 'UTC')).toBeUndefined()
  expect(toField(undefined, 'UTC')).toBe('')
})
