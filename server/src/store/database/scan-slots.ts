import type pg from 'pg'

/** Of a pool's connections the share that statements which scan may have at once. The others read, write and count. */
const SHARE = 0.5

/** Who waits for a connection to scan with, by pool, in the order they came. */
const slots = new WeakMap<pg.Pool, { taken: number; waiting: (() => void)[] }>()

/**
 * Runs `work`, a statement that may take as long as its time limit, when fewer than half of the pool's connections are
 * at such: whatever people search for, writers and the newest page find a connection.
 *
 * @throws the signal's reason when it aborts before there is room
 */
export async function withScanSlot<T>(
  pool: pg.Pool,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const own = slots.get(pool) ?? { taken: 0, waiting: [] }
  slots.set(pool, own)
  const most = Math.max(1, Math.floor(pool.options.max * SHARE))
  if (own.taken < most) own.taken++
  else await turn(own.waiting, signal)
  try {
    return await work()
  } finally {
    // Whoever waits has the place at once: `taken` stays.
    const next = own.waiting.shift()
    if (next) next()
    else own.taken--
  }
}

function turn(waiting: (() => void)[], signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const give = () => {
      signal?.removeEventListener('abort', leave)
      resolve()
    }
    const leave = () => {
      waiting.splice(waiting.indexOf(give), 1)
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', leave, { once: true })
    waiting.push(give)
  })
}
