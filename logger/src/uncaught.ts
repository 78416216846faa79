import type { WriteLine } from './guard-function.ts'

/**
 * Logs uncaught exceptions and unhandled rejections by `log`, until stopped. How the process ends does not change:
 * an application that catches them goes on, Node ends any other with its report and its code.
 *
 * @returns a function that stops it
 */
export function watchUncaught(log: WriteLine): () => void {
  let last: { error: unknown } | undefined
  const onUncaught = (error: unknown, origin: string) => {
    // The flush at the exit holds an error until the lines are out and throws it again.
    if (last?.error === error) return
    last = { error }
    const text = origin === 'unhandledRejection' ? 'Unhandled rejection' : 'Uncaught exception'
    log({ err: error, origin }, `${text}: ${messageOf(error)}`)
  }
  // Before the flush at the exit, which looks whether there is anything to deliver.
  process.prependListener('uncaughtExceptionMonitor', onUncaught)
  return () => process.off('uncaughtExceptionMonitor', onUncaught)
}

function messageOf(error: unknown): string {
  try {
    return String((error as Error | undefined)?.message ?? error)
  } catch {
    return 'unknown'
  }
}
