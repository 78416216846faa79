import { AsyncLocalStorage } from 'node:async_hooks'

/** Who has something done that others may have to wait for. */
export type Caller = {
  /** The same for all that one user or key asks for. */
  id: string
  /** Whether a place is found for this caller whatever others do. */
  isAdmin: boolean
}

// The way from a request to the connection it needs goes through services that have no other use for who asked.
const callers = new AsyncLocalStorage<Caller>()

/** Runs `work` on behalf of a caller: what it takes counts as theirs. */
export function onBehalfOf<T>(caller: Caller, work: () => T): T {
  return callers.run(caller, work)
}

/** Runs `work` as the system's own, whoever's request it follows from. */
export function onOwnBehalf<T>(work: () => T): T {
  return callers.exit(work)
}

/** On whose behalf what runs now is done; undefined for the system's own work. */
export function currentCaller(): Caller | undefined {
  return callers.getStore()
}
