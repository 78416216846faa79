import type pg from 'pg'
import { currentCaller } from '../../caller.ts'
import { FairPlaces } from '../../fair-places.ts'

/** The share of a pool's connections that scanning statements may have at once. The others read, write and count. */
const SHARE = 0.5

const slots = new WeakMap<pg.Pool, FairPlaces>()

/** Places of the pool's connections for statements that scan. */
function scanSlotsOf(pool: pg.Pool): FairPlaces {
  const known = slots.get(pool) ?? new FairPlaces(Math.max(1, Math.floor(pool.options.max * SHARE)))
  slots.set(pool, known)
  return known
}

/**
 * Runs `work`, a statement that may take as long as its time limit, when fewer than half of the pool's connections are
 * scanning, and a third of those for the caller: so writers, the newest page and the searches of others always find a
 * connection.
 *
 * @throws the signal's reason when it aborts before there is room
 */
export function withScanSlot<T>(
  pool: pg.Pool,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  return scanSlotsOf(pool).use(currentCaller(), signal, work)
}
