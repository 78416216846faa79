import type pg from 'pg'
import { currentCaller } from '../../caller.ts'
import { FairPlaces } from '../../fair-places.ts'

/** The share of a pool's connections that scanning statements may have at once. The others read, write and count. */
const SHARE = 0.5

/**
 * Statements at a time that count by level, source and camera. With as many names as there may be, one brings twenty
 * thousand rows, and its caller's thread works on them for a twentieth of a second.
 */
const COUNTS_AT_ONCE = 6

const scans = new WeakMap<pg.Pool, FairPlaces>()
const counts = new FairPlaces(COUNTS_AT_ONCE)

/** Places of the pool's connections for statements that scan. */
function scanSlotsOf(pool: pg.Pool): FairPlaces {
  const known = scans.get(pool) ?? new FairPlaces(Math.max(1, Math.floor(pool.options.max * SHARE)))
  scans.set(pool, known)
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

/**
 * Runs `work`, which counts by level, source and camera and may bring a row for each name, in turn with other callers.
 *
 * @throws the signal's reason when it aborts before its turn
 */
export function withCountSlot<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  return counts.use(currentCaller(), signal, work)
}
