import type pg from 'pg'
import { FlightQuery } from './batch-flight.ts'

/** One statement that ended, well or not. */
export type StatementTiming = {
  /** Its name, or the one in its leading comment. */
  name: string
  text: string
  millis: number
}

type Watcher = (timing: StatementTiming) => void

/**
 * Reports every statement of every connection of the pool when it ends. Among COPYs, only those that write batches are
 * reported.
 */
export function watchStatements(pool: pg.Pool, onEnd: Watcher): void {
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...values: unknown[]) => unknown
    const watched = (...values: unknown[]): unknown => {
      const statement = describe(values[0])
      if (!statement) return query(...values)
      const start = performance.now()
      const end = () => onEnd({ ...statement, millis: performance.now() - start })
      const callback = values.at(-1)
      if (typeof callback === 'function') {
        return query(...values.slice(0, -1), (...outcome: unknown[]) => {
          end()
          callback(...outcome)
        })
      }
      const running = query(...values)
      const ended = running instanceof FlightQuery ? running.done : running
      if (ended instanceof Promise) ended.then(end, end)
      return running
    }
    client.query = watched as typeof client.query
  })
}

/** Whether a statement that is repeated this soon after its last report is reported again. */
const QUIET_MS = 10_000

/** Passes on what took longer than `thresholdMs`, each name at most every ten seconds: a slow disk slows all of them. */
export function onlySlow(thresholdMs: number, onSlow: Watcher): Watcher {
  // As many names as there are statements in store/.
  const reportedAt = new Map<string, number>()
  return (timing) => {
    if (timing.millis < thresholdMs) return
    const now = performance.now()
    if (now - (reportedAt.get(timing.name) ?? Number.NEGATIVE_INFINITY) < QUIET_MS) return
    reportedAt.set(timing.name, now)
    onSlow(timing)
  }
}

function describe(statement: unknown): { name: string; text: string } | undefined {
  if (statement instanceof FlightQuery) return { name: 'write_batches', text: statement.text }
  if (typeof statement === 'string') return { name: nameIn(statement), text: statement }
  const { text, name, submit } = (statement ?? {}) as { text?: unknown; name?: unknown; submit?: unknown }
  if (typeof text !== 'string' || typeof submit === 'function') return undefined
  return { name: typeof name === 'string' ? name : nameIn(text), text }
}

function nameIn(text: string): string {
  return /^\s*\/\* (\w+) \*\//.exec(text)?.[1] ?? text.trim().split(/\s+/, 3).join(' ').slice(0, 60)
}
