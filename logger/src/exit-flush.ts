import { logLines } from './log-lines.ts'

// Gets queued lines out when the process ends, without changing how it ends.

/** Something with lines that wait. */
export type Flushable = {
  flush(timeoutMs: number): Promise<void>
  readonly pendingRows: number
  /** Keeps on disk what waits, where it can; returns how many lines then are in memory alone. */
  save?(): number
}

type Registry = { targets: Set<Flushable>; installed: boolean }

/** How long a dying process waits for its lines. */
const SIGNAL_TIMEOUT_MS = 2_000
const SIGNALS = { SIGTERM: 15, SIGINT: 2, SIGHUP: 1 } as const
type Signal = keyof typeof SIGNALS

// Shared by all copies of this package: two that each saw the other's listener would both leave the exit to the other.
const KEY = Symbol.for('timelapser.logger.exit-flush')
const globals = globalThis as { [KEY]?: Registry }
globals[KEY] ??= { targets: new Set(), installed: false }
const registry: Registry = globals[KEY]

/**
 * Flushes `target` when the process ends: when nothing is left to do, on SIGTERM, SIGINT and SIGHUP, and before an
 * uncaught exception ends it. A signal the application handles itself is left to it; one it does not handle ends the
 * process as it would have without us, up to two seconds later. `process.exit()` leaves no time: close first.
 *
 * @returns a function that takes the target off again
 */
export function flushAtExit(target: Flushable): () => void {
  registry.targets.add(target)
  if (!registry.installed) install()
  return () => {
    registry.targets.delete(target)
    if (registry.targets.size === 0) uninstall()
  }
}

function install(): void {
  registry.installed = true
  process.on('beforeExit', onBeforeExit)
  process.on('exit', onExit)
  process.on('uncaughtExceptionMonitor', onUncaught)
  for (const signal of Object.keys(SIGNALS) as Signal[]) process.on(signal, onSignal)
}

function uninstall(): void {
  registry.installed = false
  process.off('beforeExit', onBeforeExit)
  process.off('exit', onExit)
  process.off('uncaughtExceptionMonitor', onUncaught)
  for (const signal of Object.keys(SIGNALS) as Signal[]) process.off(signal, onSignal)
}

async function flushAll(timeoutMs: number): Promise<void> {
  await Promise.allSettled([...registry.targets].map((target) => target.flush(timeoutMs)))
}

let pendingAtLastExit = 0

function onBeforeExit(): void {
  const pending = pendingRows()
  // Node emits `beforeExit` again after each flush; flushing again after a flush that changed nothing would keep the
  // process alive for ever.
  if (pending === 0 || pending === pendingAtLastExit) return
  void flushAll(SIGNAL_TIMEOUT_MS).then(() => {
    pendingAtLastExit = pendingRows()
  })
}

/** Too late to deliver, early enough to say so. */
function onExit(): void {
  const lost = [...registry.targets].reduce((sum, target) => sum + (target.save?.() ?? target.pendingRows), 0)
  if (lost > 0)
    process.stderr.write(`timelapser logger: ${logLines(lost)} could not be delivered before the exit\n`)
}

function pendingRows(): number {
  return [...registry.targets].reduce((sum, target) => sum + target.pendingRows, 0)
}

function onSignal(signal: Signal): void {
  const isOurs = process.listenerCount(signal) === 1
  void flushAll(SIGNAL_TIMEOUT_MS).then(() => {
    if (!isOurs) return
    process.off(signal, onSignal)
    process.kill(process.pid, signal)
    // The first process of a container is spared by signals nobody listens to.
    setTimeout(() => process.exit(128 + SIGNALS[signal]), 100)
  })
}

/** Node asks the monitor first: if the application will not catch the error, we hold it until the lines are out. */
function onUncaught(error: Error): void {
  if (process.listenerCount('uncaughtException') > 0) return
  if (pendingRows() === 0) return
  process.once('uncaughtException', () => {
    void flushAll(SIGNAL_TIMEOUT_MS).then(() => {
      process.off('uncaughtExceptionMonitor', onUncaught)
      // Thrown where nobody catches it, it ends the process with Node's own report and exit code.
      setImmediate(() => {
        throw error
      })
    })
  })
}
