import type { ServerResponse } from 'node:http'
import type { Caller } from '../caller.ts'
import { FairPlaces } from '../fair-places.ts'
import type { Principal } from '../service/access/access.ts'
import { AppError } from '../service/app-error.ts'
import { callerOf } from './callers.ts'

/** How often those who read a stream are asked for their right to it again, in milliseconds: keys and sessions expire. */
const RECHECK_MS = 15_000

/** Readers whose rights are asked for at a time, each with a statement or two: requests need the connections as well. */
const CHECKED_AT_ONCE = 4

/**
 * Replies that may be open at a time, a third of them for one user or key: each window of a page has two, and no limit a
 * minute counts these.
 */
const MAX_OPEN = 1500

/** Those of links, a third of them for one camera. */
const MAX_OPEN_OF_LINKS = MAX_OPEN / 3

type Identify = () => Promise<Principal | undefined>
type Reader = { identify: Identify; rights: string; replies: Set<ServerResponse> }

/**
 * Replies that are still being written, by who reads them. A stream outlives the check at its beginning: when a key is
 * revoked, a session ends or somebody may see less, what they have open is cut off.
 */
export class OpenStreams {
  readonly #readers = new Map<string, Reader>()
  readonly #places = new FairPlaces(MAX_OPEN)
  readonly #placesOfLinks = new FairPlaces(MAX_OPEN_OF_LINKS)
  readonly #timer: NodeJS.Timeout
  #changes = 0
  #checking: Promise<void> | undefined
  #next: Promise<void> | undefined

  constructor() {
    this.#timer = setInterval(() => void this.recheck(), RECHECK_MS)
    this.#timer.unref()
  }

  /** Rises with each change of rights; to be read before it is looked up whose a credential is. */
  get changes(): number {
    return this.#changes
  }

  /**
   * Watches a reply until it is closed.
   *
   * @param identify says who the same credential belongs to later on
   * @param since `changes` from before the look-up: a right that ended meanwhile may have been read as still valid
   * @throws {AppError} RATE_LIMITED when too many are open
   */
  watch(
    reply: ServerResponse,
    { principal, credential, identify }: { principal: Principal; credential: string; identify: Identify },
    since: number,
  ): void {
    // The client left during the look-up; nothing would report its end again.
    if (reply.closed) return
    const id = `${principal.kind} ${credential} ${rightsOf(principal)}`
    const reader = this.#readers.get(id) ?? { identify, rights: rightsOf(principal), replies: new Set() }
    const giveBack = this.#takePlace(principal)
    this.#readers.set(id, reader)
    reader.replies.add(reply)
    if (since !== this.#changes) void this.#check(reader)
    reply.once('close', () => {
      giveBack()
      reader.replies.delete(reply)
      if (reader.replies.size === 0 && this.#readers.get(id) === reader) this.#readers.delete(id)
    })
  }

  /** @returns gives the place back */
  #takePlace(principal: Principal): () => void {
    const giveBack = takeIn(this.#places, callerOf(principal))
    if (principal.kind !== 'link') return giveBack
    try {
      const giveBackOfLink = takeIn(this.#placesOfLinks, { id: principal.lineage, isAdmin: false })
      return () => {
        giveBack()
        giveBackOfLink()
      }
    } catch (error) {
      giveBack()
      throw error
    }
  }

  /**
   * Cuts off those who may no longer read, or no longer the same. Notices that come while everybody is being asked have
   * everybody asked once more, together.
   */
  recheck(): Promise<void> {
    this.#changes++
    if (!this.#checking) return this.#checkAll()
    this.#next ??= this.#checking.then(() => {
      this.#next = undefined
      return this.#checkAll()
    })
    return this.#next
  }

  #checkAll(): Promise<void> {
    const readers = [...this.#readers.values()]
    const checkRest = async () => {
      for (let reader = readers.pop(); reader; reader = readers.pop()) await this.#check(reader)
    }
    this.#checking = Promise.all(Array.from({ length: CHECKED_AT_ONCE }, checkRest)).then(() => {
      this.#checking = undefined
    })
    return this.#checking
  }

  close(): void {
    clearInterval(this.#timer)
  }

  async #check({ identify, rights, replies }: Reader): Promise<void> {
    try {
      const principal = await identify()
      if (principal && rightsOf(principal) === rights) return
    } catch {
      // The rights cannot be checked now. Nothing new reaches these streams meanwhile: they read from the same
      // database.
      return
    }
    for (const reply of replies) reply.destroy()
  }
}

/** @throws {AppError} RATE_LIMITED when there is none */
function takeIn(places: FairPlaces, caller: Caller): () => void {
  const giveBack = places.tryTake(caller)
  if (giveBack) return giveBack
  const { share, taken } = places
  const isOwn = places.heldBy(caller) >= share
  const open = isOwn ? `${share} requests and streams of this user or key` : `${taken} requests and streams`
  const sentence = `${open} are open. Close some, or wait until they end.`
  throw new AppError('RATE_LIMITED', sentence, { retryAfter: 10 })
}

function rightsOf({ role, visibility }: Principal): string {
  return JSON.stringify([role, visibility])
}
