import fc from 'fast-check'
import { expect, it } from 'vitest'
import { AppError } from '../app-error.ts'
import { parseLogql } from './logql.ts'
import { parseDuration } from './logql-scanner.ts'
import { toSearch } from './selection-search.ts'

it('reads any text or refuses it with a place in it', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '{',
      '}',
      '(',
      ')',
      '[5m]',
      '|=',
      '!~',
      '|',
      '=~',
      ',',
      ' by ',
      'sum',
      'rate',
      'source',
      '"a.*"',
    ),
    fc.string({ maxLength: 5 }),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 15 }), (pieces) => {
      try {
        const query = parseLogql(pieces.join(''))
        if (query.kind !== 'vector') toSearch(query.selection)
      } catch (error) {
        expect(error).toBeInstanceOf(AppError)
      }
    }),
    { numRuns: 2000 },
  )
})

it.each([
  ['5m', 300_000],
  ['1h30m', 5_400_000],
  ['1.5s', 1500],
  ['250ms', 250],
  ['5', undefined],
  ['m5', undefined],
  ['', undefined],
])('takes %o for %o ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

it.each([
  ['{source="api"} |~ `(a)\\1`', 'refers back'],
  [`{source="api"} !~ "${'a'.repeat(201)}"`, '201 characters'],
  [`{source="api"}${' |~ "a"'.repeat(17)}`, 'more than 16'],
])('refuses the patterns that q refuses: %s', (query, reason) => {
  const parsed = parseLogql(query)
  expect(() => parsed.kind === 'logs' && toSearch(parsed.selection)).toThrow(reason)
})
