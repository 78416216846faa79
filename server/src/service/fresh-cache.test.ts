import { expect, it, vi } from 'vitest'
import { FreshCache } from './fresh-cache.ts'

const options = { maxAgeMs: 60_000, maxEntries: 2 }

it('loads once for all that ask the same, until it is cleared', async () => {
  const cache = new FreshCache<number>(options)
  let loads = 0
  const load = async () => ++loads
  expect(await Promise.all([cache.get('a', load), cache.get('a', load)])).toEqual([1, 1])
  cache.clear()
  expect(await cache.get('a', load)).toBe(2)
})

it('keeps nothing that was being loaded when a change came', async () => {
  const cache = new FreshCache<string>(options)
  const slow = Promise.withResolvers<string>()
  const asked = cache.get('a', () => slow.promise)
  cache.clear()
  slow.resolve('of before')
  expect(await asked).toBe('of before')
  expect(await cache.get('a', async () => 'of after')).toBe('of after')
})

it('keeps no failure and no more than it may', async () => {
  const cache = new FreshCache<string>(options)
  await expect(cache.get('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away')
  for (const key of ['a', 'b', 'c']) await cache.get(key, async () => `first ${key}`)
  expect(await cache.get('a', async () => 'second a')).toBe('second a')
  expect(await cache.get('c', async () => 'second c')).toBe('first c')
})

it('loads anew when an answer has passed its age', async () => {
  vi.useFakeTimers()
  // The cache takes the clock's very first instant for no time at all.
  vi.advanceTimersByTime(1)
  try {
    const cache = new FreshCache<string>(options)
    await cache.get('a', async () => 'first')
    vi.advanceTimersByTime(options.maxAgeMs)
    expect(await cache.get('a', async () => 'second')).toBe('first')
    vi.advanceTimersByTime(1)
    expect(await cache.get('a', async () => 'second')).toBe('second')
  } finally {
    vi.useRealTimers()
  }
})
