import { describe, expect, it } from 'vitest'
import { silenceAfter, silentSteps, usualGap } from './camera-cadence.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const repeat = (pattern: readonly number[], hours: number) =>
  Array.from({ length: hours }, (_, hour) => pattern[hour % pattern.length] ?? 0)

describe('the usual gap', () => {
  it.each<[string, number[], number | null]>([
    ['a line a minute', repeat([60], 168), MINUTE],
    ['a line a minute, but for a day of silence', [...repeat([60], 144), ...repeat([0], 24)], MINUTE],
    ['a burst in one hour', [...repeat([60], 100), 90_000], MINUTE],
    ['four lines every sixth hour', repeat([0, 0, 0, 0, 0, 4], 168), 6 * HOUR],
    ['new in this hour', [...repeat([0], 167), 12], 5 * MINUTE],
    ['two lines in all', [...repeat([0], 166), 1, 1], null],
    ['no line', repeat([0], 168), null],
  ])('of %s', (_, byHour, expected) => {
    expect(usualGap(byHour)).toBe(expected)
  })

  it('is not called silence before it was missed five times, nor within five minutes', () => {
    expect(silenceAfter(10 * MINUTE)).toBe(50 * MINUTE)
    expect(silenceAfter(1000)).toBe(5 * MINUTE)
  })
})

describe('silent steps', () => {
  const shown = (counts: number[], endsAt: number, gap: number | null) =>
    silentSteps(counts, 30 * MINUTE, endsAt, gap)
      .map((isSilent) => (isSilent ? '!' : '.'))
      .join('')

  it.each<[string, number[], number, number | null, string]>([
    ['an empty step of a busy camera', [9, 0, 9], 30 * MINUTE, MINUTE, '.!.'],
    ['runs too short for a slow one', [1, 0, 0, 1], 30 * MINUTE, 20 * MINUTE, '....'],
    ['runs as long as five gaps', [1, 0, 0, 0, 0, 1], 30 * MINUTE, 20 * MINUTE, '.!!!!.'],
    ['a last step that has only begun', [9, 9, 0], 4 * MINUTE, MINUTE, '...'],
    ['a last step that is long enough over', [9, 9, 0], 6 * MINUTE, MINUTE, '..!'],
    ['everything, when all is empty', [0, 0], 30 * MINUTE, MINUTE, '!!'],
    ['nothing where nothing is usual', [0, 0], 30 * MINUTE, null, '..'],
  ])('are %s', (_, counts, endsAt, gap, expected) => {
    expect(shown(counts, endsAt, gap)).toBe(expected)
  })
})
