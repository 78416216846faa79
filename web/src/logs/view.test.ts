import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LEVEL_NAMES, parseLevel } from '../../../logger/src/level.ts'
import { LEVELS } from './levels.ts'
import { DEFAULT_VIEW, formatView, type LogView, parseView } from './view.ts'

const uniqueArray = <T>(values: fc.Arbitrary<T>) => fc.uniqueArray(values, { maxLength: 4 })
const levels = uniqueArray(fc.constantFrom(...LEVELS))
const sources = uniqueArray(fc.string({ minLength: 1, unit: 'binary' }).filter((text) => text.isWellFormed()))
const ids = uniqueArray(fc.integer({ min: -2147483648, max: 2147483647 }))
const views: fc.Arbitrary<LogView> = fc.record({
  level: levels,
  min_level: fc.option(fc.constantFrom(...LEVELS)),
  source: sources,
  camera_id: ids,
  exclude_level: levels,
  exclude_source: sources,
  exclude_camera_id: ids,
  logger_name: sources,
  request_id: fc.option(fc.string({ minLength: 1 }).filter((text) => text.isWellFormed())),
  q: fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
  search: fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
  range: fc.oneof(
    fc.record({ kind: fc.constant('last' as const), seconds: fc.integer({ min: 1, max: 99_999 }) }),
    fc.constant({ kind: 'between' as const, from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00.5Z' }),
    fc.constant({ kind: 'between' as const, from: '2026-01-01T00:00:00Z', to: null }),
    fc.constant({ kind: 'all' as const }),
  ),
  page: fc.integer({ min: 1, max: 1_000_000 }),
  limit: fc.integer({ min: 1, max: 1000 }),
  until: fc.constant(null),
  log: fc.option(fc.integer({ min: 1 })),
  live: fc.boolean(),
  columns: fc.option(sources),
})

describe('the view in the URL', () => {
  it('comes back as it was written', () => {
    fc.assert(
      fc.property(views, (view) => {
        expect(parseView(formatView(view))).toEqual(view)
      }),
    )
  })

  it('is empty for the default view', () => {
    expect(formatView(DEFAULT_VIEW)).toBe('')
    expect(parseView('')).toEqual(DEFAULT_VIEW)
  })

  it('leaves out what it does not understand', () => {
    expect(parseView('?level=loud&camera_id=x&page=-3&limit=1e9&range=soon&log=0&from=never')).toEqual({
      ...DEFAULT_VIEW,
      limit: 1000,
    })
  })

  it('takes levels in any case and each value once', () => {
    expect(parseView('?level=error&level=ERROR').level).toEqual(['ERROR'])
  })

  it('takes every name of a level that the API takes', () => {
    expect(parseView('?level=warn&level=Err&min_level=fatal&exclude_level=trace')).toMatchObject({
      level: ['WARNING', 'ERROR'],
      min_level: 'CRITICAL',
      exclude_level: ['DEBUG'],
    })
    for (const [name, level] of Object.entries(LEVEL_NAMES))
      expect(parseView(`?level=${name}`).level, name).toEqual([level])
    for (let number = 0; number <= 101; number++)
      expect(parseView(`?level=${number}`).level, String(number)).toEqual([parseLevel(number) ?? []].flat())
  })

  it('drops an end before the start', () => {
    expect(parseView('?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z').range).toEqual({
      kind: 'between',
      from: '2026-01-02T00:00:00Z',
      to: null,
    })
  })
})
