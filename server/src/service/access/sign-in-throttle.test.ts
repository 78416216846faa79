import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { AppError } from '../app-error.ts'
import { SignInThrottle } from './sign-in-throttle.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 })
  // The cache takes the clock's very first instant for no time at all.
  vi.advanceTimersByTime(1)
})
afterEach(() => {
  vi.useRealTimers()
})

/** The number of attempts that may begin before an attempt is refused. */
function allowed(attempt: (index: number) => void): number {
  for (let index = 0; index < 1000; index++) {
    try {
      attempt(index)
    } catch (error) {
      expect(error).toBeInstanceOf(AppError)
      return index
    }
  }
  return 1000
}

describe('SignInThrottle', () => {
  it.each([
    ['one name from one address', () => ['10.0.0.1', 'anna'], 5],
    ['many names from one address', (index: number) => ['10.0.0.1', `name ${index}`], 30],
    ['one name from many addresses', (index: number) => [`10.0.0.${index}`, 'anna'], 100],
    ['many names from one IPv6 network', (index: number) => [`2001:db8:1:2::${index}`, `name ${index}`], 30],
    ['many IPv6 networks', (index: number) => [`2001:db8:1:${index}::1`, `name ${index}`], 1000],
  ])('refuses %s in time', (_what, who, count) => {
    const throttle = new SignInThrottle()
    expect(allowed((index) => throttle.begin(...(who(index) as [string, string])))).toBe(count)
  })

  it('does not count attempts that succeed', () => {
    const throttle = new SignInThrottle()
    expect(allowed(() => throttle.begin('10.0.0.1', 'anna')())).toBe(1000)
  })

  it('counts attempts that are still under way', () => {
    const throttle = new SignInThrottle()
    const underWay = Array.from({ length: 5 }, () => throttle.begin('10.0.0.1', 'anna'))
    expect(() => throttle.begin('10.0.0.1', 'anna')).toThrow(AppError)
    underWay[0]?.()
    throttle.begin('10.0.0.1', 'anna')
  })

  it('says after how many seconds to try again, and means it', () => {
    const throttle = new SignInThrottle()
    const begin = () => throttle.begin('10.0.0.1', 'anna')
    expect(allowed(begin)).toBe(5)
    vi.advanceTimersByTime(100_000)
    let retryAfter = 0
    try {
      begin()
    } catch (error) {
      retryAfter = (error as AppError).retryAfter ?? 0
    }
    expect(retryAfter).toBe(200)
    vi.advanceTimersByTime(retryAfter * 1000)
    expect(allowed(begin)).toBe(5)
  })
})
