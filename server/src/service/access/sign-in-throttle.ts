import { isIPv6 } from 'node:net'
import { LRUCache } from 'lru-cache'
import { AppError } from '../app-error.ts'

/** Attempts that may fail within the window. One person mistyping is far below, a list of passwords far above. */
const LIMITS = { pair: 5, address: 30, name: 100 }
const WINDOW_MS = 5 * 60_000

/** Names and addresses remembered; beyond it those asked about longest ago are forgotten. */
const MAX_COUNTERS = 20_000

type Counter = { count: number }

/**
 * Slows guessing down, by name and address together, by address alone and by name alone. The last is generous, or
 * anybody could lock anybody out. An attempt counts when it begins, so that many at once are no way around.
 */
export class SignInThrottle {
  // The cache keeps an entry through the last millisecond of its time.
  readonly #counters = new LRUCache<string, Counter>({
    max: MAX_COUNTERS,
    ttl: WINDOW_MS - 1,
    perf: performance,
  })

  /**
   * Begins an attempt.
   *
   * @returns what to call when it succeeded, so that it does not count
   * @throws {AppError} RATE_LIMITED
   */
  begin(address: string, name: string): () => void {
    const network = networkOf(address)
    const kinds = [
      { key: `pair ${network} ${name}`, limit: LIMITS.pair },
      { key: `address ${network}`, limit: LIMITS.address },
      { key: `name ${name}`, limit: LIMITS.name },
    ]
    for (const { key, limit } of kinds) {
      const counter = this.#counters.get(key)
      if (!counter || counter.count < limit) continue
      throw new AppError('RATE_LIMITED', 'Too many failed sign-in attempts.', {
        retryAfter: Math.max(1, Math.ceil(this.#counters.getRemainingTTL(key) / 1000)),
      })
    }
    for (const { key } of kinds) this.#count(key)
    return () => {
      for (const { key } of kinds) this.#giveBack(key)
    }
  }

  #count(key: string): void {
    const counter = this.#counters.get(key)
    if (counter) counter.count++
    else this.#counters.set(key, { count: 1 })
  }

  #giveBack(key: string): void {
    const counter = this.#counters.get(key)
    if (counter) counter.count--
  }
}

/** The owner of an IPv6 address usually has 2^64 of them. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address
  const [head = '', tail] = address.split('::')
  const groups = head.split(':').filter(Boolean)
  if (tail === undefined) return groups.slice(0, 4).join(':')
  const rest = tail.split(':').filter(Boolean)
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - rest.length) }, () => '0')
  return [...groups, ...zeros, ...rest].slice(0, 4).join(':')
}
