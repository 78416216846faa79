/**
 * Why the program cannot start: a sentence that says what is wrong and a sentence that says what to do. Printed as it
 * is, without a stack; the exit code is 1.
 */
export class StartupError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'StartupError'
  }
}

/** The `code` of a system or database error, `''` when it has none. */
export function errorCode(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
  return typeof code === 'string' ? code : ''
}
