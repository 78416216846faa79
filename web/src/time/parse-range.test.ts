import { describe, expect, it } from 'vitest'
import { parseRange } from './parse-range.ts'
import { boundsOf } from './range.ts'

// A Sunday, 15:30 in Berlin, 14:30 UTC.
const now = Date.parse('2026-11-22T14:30:00Z')
const read = (text: string, zone = 'Europe/Berlin') => parseRange(text, now, zone)
const between = (from: string, to: string | null) => ({ range: { kind: 'between', from, to } })

describe('parseRange', () => {
  it.each([
    ['2h', 7200],
    ['90 min', 5400],
    ['last 7 days', 604_800],
    ['1 week', 604_800],
    ['15m ago', 900],
  ])('reads %s as a span', (text, seconds) => {
    expect(read(text)).toEqual({ range: { kind: 'last', seconds } })
  })

  it.each([
    ['yesterday 14:00', '2026-11-21T13:00:00Z', null],
    ['yesterday', '2026-11-20T23:00:00Z', '2026-11-21T22:59:59.999999Z'],
    ['today', '2026-11-21T23:00:00Z', null],
    ['14:00', '2026-11-22T13:00:00Z', null],
    ['14:00 to 15:00', '2026-11-22T13:00:00Z', '2026-11-22T14:00:00Z'],
    ['yesterday 14:00 - 15:30', '2026-11-21T13:00:00Z', '2026-11-21T14:30:00Z'],
    ['2026-03-01 to 2026-03-02', '2026-02-28T23:00:00Z', '2026-03-02T22:59:59.999999Z'],
    ['2026-07-01 08:00', '2026-07-01T06:00:00Z', null],
    ['2026-07-01T08:00:00Z', '2026-07-01T08:00:00Z', null],
    ['2 hours ago to 1 hour ago', '2026-11-22T12:30:00Z', '2026-11-22T13:30:00Z'],
  ])('reads %s in the zone shown', (text, from, to) => {
    expect(read(text)).toEqual(between(from, to))
  })

  it('reads a time later than now as that of yesterday', () => {
    expect(read('23:00')).toEqual(between('2026-11-21T22:00:00Z', null))
  })

  it('follows the change of clocks', () => {
    expect(read('2026-03-29 to 2026-03-29')).toEqual(
      between('2026-03-28T23:00:00Z', '2026-03-29T21:59:59.999999Z'),
    )
    expect(read('2026-10-25 02:30')).toEqual(between('2026-10-25T00:30:00Z', null))
  })

  it.each(['15:00 to 14:00', '2026-03-02 to 2026-03-01', 'today to yesterday'])(
    'refuses %s with a sentence',
    (text) => {
      expect(read(text)).toEqual({ problem: 'The end is before the start.' })
    },
  )

  it.each(['', 'soon', '2026-02-30', '25:00', '14:61', '0h', 'a to b to c', '2030-01-01'])(
    'refuses %j',
    (text) => {
      expect(read(text)).toHaveProperty('problem')
    },
  )
})

it('takes all stored lines for those of every year that a timestamp can have', () => {
  expect(boundsOf({ kind: 'all' }, now)).toEqual({ start: '0001-01-01T00:00:00Z', end: null })
})
