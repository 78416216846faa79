import type pg from 'pg'

const sessionPools = new WeakMap<pg.Pool, pg.Pool>()

/** Says which pool has sessions of its own for a pool that leads through a pooler. */
export function provideSessions(pool: pg.Pool, sessions: pg.Pool): void {
  sessionPools.set(pool, sessions)
}

/** The pool for work that needs a session, such as a lock that outlives its transaction: mostly the pool itself. */
export function sessionsOf(pool: pg.Pool): pg.Pool {
  return sessionPools.get(pool) ?? pool
}

/** Whether each transaction of a connection of this pool may be in another session. */
export function isPooled(pool: pg.Pool): boolean {
  return sessionPools.has(pool)
}
