// Whether rows may be packed. Where none can be, statements read the table alone, as if there were no blocks.
import type pg from 'pg'

/** How long it is relied on that nothing is packed. Packing begins later than this after it was turned on. */
const RELIED_ON_MS = 30_000
const LOOK_MS = 10_000

/** Seconds between turning on and the first block: no server may still rely on what it knew before. */
export const PACKING_BEGINS_AFTER_S = 60

/** The setting `pack_after_days`, as the statement sees it: what a server remembers may be half a minute old. */
export const PACK_AFTER_DAYS = `coalesce((select value::text::integer from settings where name = 'pack_after_days'), 0)`

/** The condition on a row of `log_partitions` whose lines are to be packed for the first time. */
export const IS_PACKING_DUE = `(
          ${PACK_AFTER_DAYS} > 0 and closed_at <= now() and detached_at is null and packed_at is null
          and upper < now() - make_interval(days => ${PACK_AFTER_DAYS})
        )`

/**
 * For each database that a server of this process looks after: until when it is known that nothing is packed. One for the
 * process, and not one for each database: it is asked where SQL is put together, and is only relied on when all agree.
 * A statement that allows for blocks is right in any case.
 */
const known = new Map<symbol, { until: number; wallUntil: number }>()

/** Nothing is known of it. */
const UNKNOWN = { until: Number.NEGATIVE_INFINITY, wallUntil: Number.NEGATIVE_INFINITY }

/** Whether a statement has to allow for packed rows. */
export function mayBePacked(): boolean {
  if (known.size === 0) return true
  // One clock stands still while the machine sleeps, the other may be set back.
  const [now, wallNow] = [performance.now(), Date.now()]
  for (const { until, wallUntil } of known.values()) if (until < now || wallUntil < wallNow) return true
  return false
}

export type PackedState = {
  /** Asks the database anew; called when another server told of a change. */
  look: () => Promise<void>
  stop: () => void
}

/** Keeps the knowledge fresh for as long as a server runs. */
export async function watchPackedState(pool: pg.Pool): Promise<PackedState> {
  const key = Symbol('database')
  known.set(key, UNKNOWN)
  let isStopped = false
  const look = async () => {
    const [asked, wallAsked] = [performance.now(), Date.now()]
    const { rows } = await pool
      .query<{ is_on: boolean }>({
        name: 'is_packing_on',
        text: 'select exists (select from log_packing) as is_on',
      })
      // It is no longer relied on soon, which costs time and no line.
      .catch(() => ({ rows: [] }))
    if (isStopped) return
    if (rows[0]?.is_on === false)
      known.set(key, { until: asked + RELIED_ON_MS, wallUntil: wallAsked + RELIED_ON_MS })
    else if (rows[0]) known.set(key, UNKNOWN)
  }
  await look()
  const timer = setInterval(() => void look(), LOOK_MS)
  timer.unref()
  return {
    look,
    stop: () => {
      isStopped = true
      clearInterval(timer)
      known.delete(key)
    },
  }
}
