import type { Principal } from './access.ts'

/** Who a session belongs to, and the cookies that prolong it when it was time for that. */
export type KnownSession = { principal: Principal; renewal: string[] }

type Entry = { session: Promise<KnownSession | undefined>; until: number }

/** How long a session that ended on another server lives on here at most when the notice gets lost, in milliseconds. */
const MAX_AGE_MS = 5000
const MAX_ENTRIES = 10_000

/** Sessions by cookie, so that a page's dozen requests read its session once. */
export class SessionCache {
  readonly #read: (cookie: string) => Promise<KnownSession | undefined>
  readonly #entries = new Map<string, Entry>()

  constructor(read: (cookie: string) => Promise<KnownSession | undefined>) {
    this.#read = read
  }

  async get(cookie: string): Promise<KnownSession | undefined> {
    const now = Date.now()
    const known = this.#entries.get(cookie)
    if (known && known.until > now) {
      const session = await known.session
      // Whoever had it read passes the renewal on; once is enough.
      return session && { ...session, renewal: [] }
    }
    const entry = { session: this.#read(cookie), until: now + MAX_AGE_MS }
    this.#entries.delete(cookie)
    this.#entries.set(cookie, entry)
    this.#trim()
    try {
      return await entry.session
    } catch (error) {
      if (this.#entries.get(cookie) === entry) this.#entries.delete(cookie)
      throw error
    }
  }

  clear(): void {
    this.#entries.clear()
  }

  #trim(): void {
    if (this.#entries.size <= MAX_ENTRIES) return
    // Maps keep the order of insertion: the first was read the longest ago.
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined) this.#entries.delete(oldest)
  }
}
