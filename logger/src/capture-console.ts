import { format } from 'node:util'
import { isError } from './describe-error.ts'
import type { Logger } from './logger.ts'

export type CaptureOptions = {
  /** Whether what is captured is printed too. Default false: a `consoleHandler` shows it. */
  print?: boolean
}

const METHODS = {
  debug: 'debug',
  trace: 'debug',
  log: 'info',
  info: 'info',
  warn: 'warning',
  error: 'error',
} as const
type ConsoleMethod = keyof typeof METHODS

/**
 * Makes `console.debug trace log info warn error` write to a logger, for libraries that know nothing else.
 *
 * @returns a function that gives `console` its methods back
 *
 * @example
 * const restore = captureConsole(logger.bind({ logger_name: 'console' }))
 */
export function captureConsole(logger: Logger, { print = false }: CaptureOptions = {}): () => void {
  let isInside = false
  const restores = (Object.keys(METHODS) as ConsoleMethod[]).map((name) => {
    const original = console[name]
    const captured = (...args: unknown[]) => {
      // A handler that prints while it handles would be asked to handle what it prints.
      if (isInside) return original.apply(console, args)
      isInside = true
      try {
        write(logger, name, args)
      } finally {
        isInside = false
      }
      if (print) original.apply(console, args)
    }
    console[name] = captured
    return () => {
      // Someone who came after us keeps what is theirs.
      if (console[name] === captured) console[name] = original
    }
  })
  return () => {
    for (const restore of restores) restore()
  }
}

function write(logger: Logger, name: ConsoleMethod, args: readonly unknown[]): void {
  const error = args.find(isError)
  const stack = name === 'trace' ? { stack: new Error('trace').stack } : {}
  // Its text alone: the stack that `format` would add stands in `extra_data`.
  const texts = args.map((value) => (isError(value) ? value.message : value))
  logger[METHODS[name]]({ ...stack, ...(error ? { err: error } : {}) }, textOf(texts))
}

function textOf(values: readonly unknown[]): string {
  try {
    // A `%` that stays in the text is no placeholder of the logger's.
    return format(...values)
  } catch {
    return '[unprintable]'
  }
}
