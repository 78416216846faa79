import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { RepeatedEntries } from './repeated-entries.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('writes so many of a kind in an hour, then says at its end how many more there were', () => {
  const entries = new RepeatedEntries()
  const ends: number[] = []
  const write = (kind: string) => entries.isWritten(kind, 2, (repeated) => ends.push(repeated))
  expect(['a', 'a', 'a', 'a', 'b'].map(write)).toEqual([true, true, false, false, true])
  vi.advanceTimersByTime(60 * 60_000)
  expect(ends).toEqual([2])
  expect(write('a')).toBe(true)
})
