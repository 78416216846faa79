import { AsyncLocalStorage } from 'node:async_hooks'

/** The user or key on whose behalf work is done, which others may have to wait for. */
export type Caller = {
  /** The same for all requests of a user or key. */
  id: string
  /** Whether this caller always gets a place. */
  isAdmin: boolean
}

// The way from a request to the connection it needs goes through services that have no other use for who asked.
const callers = new AsyncLocalStorage<Caller>()

/** Runs `work` on behalf of a caller: its cost counts as theirs. */
export function onBehalfOf<T>(caller: Caller, work: () => T): T {
  return callers.run(caller, work)
}

/** Runs `work` as the system's own, even if a request started it. */
export function onOwnBehalf<T>(work: () => T): T {
  return callers.exit(work)
}

/** On whose behalf what runs now is done; undefined for the system's own work. */
export function currentCaller(): Caller | undefined {
  return callers.getStore()
}

/** Where a request comes from. */
export type Client = { address: string; userAgent: string }
