// Functions whose errors are logged: `catch` and `wrap`.

/** Writes one line: the pino order of arguments. */
export type WriteLine = (extra: object, message?: string) => void

/** How an error is logged, and what becomes of it. */
export type GuardOptions = {
  /** Any name of a level. Default `ERROR`. */
  level?: string
  /** The line's text. Default: the error's own. */
  message?: string
  /** More `extra_data`. */
  extra?: Record<string, unknown>
  /** Whether the caller gets the error. Default: from `wrap` yes, from `catch` no: there it gets `undefined`. */
  rethrow?: boolean
}

/** Errors logged already: an error that passes several guarded functions is logged once. */
const logged = new WeakSet<object>()

/** Calls `work` and logs what it throws, or what its promise is rejected with. */
export function guard<Result>(work: () => Result, log: WriteLine, options: GuardOptions): Result | undefined {
  const fail = (error: unknown): undefined => {
    logOnce(error, log, options)
    if (options.rethrow) throw error
    return undefined
  }
  try {
    const result = work()
    if (!isThenable(result)) return result
    return result.then((value) => value, fail) as Result
  } catch (error) {
    return fail(error)
  }
}

function logOnce(error: unknown, log: WriteLine, { message, extra }: GuardOptions): void {
  if (typeof error === 'object' && error !== null) {
    if (logged.has(error)) return
    logged.add(error)
    log({ ...extra, err: error }, message)
    return
  }
  log({ ...extra, error }, message ?? String(error))
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  )
}
