import { FreshCache } from '../fresh-cache.ts'
import type { Principal } from './access.ts'

/** The owner of a session, and the cookies that prolong it when that is due. */
export type KnownSession = { principal: Principal; renewal: string[] }

/** How long a session that ended on another server lives on here at most when the notice gets lost, in milliseconds. */
const MAX_AGE_MS = 5000
const MAX_ENTRIES = 10_000

/** Sessions by cookie, so that a page's dozen requests read its session once. */
export class SessionCache {
  readonly #read: (cookie: string) => Promise<KnownSession | undefined>
  readonly #sessions = new FreshCache<KnownSession | undefined>({
    maxAgeMs: MAX_AGE_MS,
    maxEntries: MAX_ENTRIES,
  })

  constructor(read: (cookie: string) => Promise<KnownSession | undefined>) {
    this.#read = read
  }

  async get(cookie: string): Promise<KnownSession | undefined> {
    let isRead = false
    const session = await this.#sessions.get(cookie, () => {
      isRead = true
      return this.#read(cookie)
    })
    // The request that had the session read passes the renewal on; once is enough.
    return session && !isRead ? { ...session, renewal: [] } : session
  }

  clear(): void {
    this.#sessions.clear()
  }
}
