/** Why the server stops. */
export type StopReason = { cause: string; error?: unknown }

/** npm and the terminal both pass a Ctrl-C on; a second signal within this time is the same Ctrl-C. */
const SAME_SIGNAL_MS = 1000

/**
 * Resolves at the first signal, when the process that started us is gone, or at an error nobody caught. A second signal
 * ends the process at once.
 */
export function untilStopped(): Promise<StopReason> {
  const { promise, resolve } = Promise.withResolvers<StopReason>()
  let firstMs: number | undefined
  const stop = (reason: StopReason, mayForce: boolean) => {
    const now = performance.now()
    if (firstMs === undefined) {
      firstMs = now
      resolve(reason)
    } else if (mayForce && now - firstMs > SAME_SIGNAL_MS) {
      console.error('Stopped immediately; the next start recovers unfinished writes.')
      process.exit(1)
    }
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => stop({ cause: signal }, true))
  }
  process.once('disconnect', () => stop({ cause: 'end of the process that started it' }, false))
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => stop({ cause: event, error }, false))
  }
  return promise
}
