import type pg from 'pg'
import { foldCounts, vacuumPending } from '../store/counts/count-folding.ts'

/** Readers add up what is not folded yet, so this bounds their work, not their truth. */
const INTERVAL_MS = 1000

/** After this many rows, for example those of an import, autovacuum would come a minute late. */
const VACUUM_AFTER = 100_000

/** Folds the kept counts every second; the server that holds the lock does the work. */
export function startFolding(
  pool: pg.Pool,
  onFailure: (error: unknown) => void,
): { stop: () => Promise<void> } {
  let running: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const schedule = () => {
    timer = setTimeout(() => {
      running = foldAll(pool)
        .catch(onFailure)
        .then(() => {
          if (!stopped) schedule()
        })
    }, INTERVAL_MS).unref()
  }
  schedule()
  return {
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      await running
    },
  }
}

async function foldAll(pool: pg.Pool): Promise<void> {
  let sum = 0
  for (let folded = 1; folded > 0; sum += folded) folded = await foldCounts(pool)
  if (sum >= VACUUM_AFTER) await vacuumPending(pool)
}
