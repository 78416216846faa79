// The looks of stack traces, language by language: which line announces a trace, and which lines continue it.

/** Lines that are always part of a trace: Java, .NET, JavaScript, Ruby, PHP, Elixir, Python. */
const PART =
  /^(?:\s+at \S|\s+File "|\s*\.\.\. \d+ (?:more|common frames)|Caused by: |\s+Suppressed: | *---> |\s*--- End of |Stack trace:$|#\d{1,4} (?:\S+\(\d+\): |\{main\}|\[internal function\])|\s+thrown in |\s+from \S+:\d+:in |\S{1,400}:\d{1,7}:in [`'][^']{1,400}'$|\*\* \([A-Z][\w.]*\) |\s+\(\w[\w.-]* [\d.]+\) \S+:\d+|stack backtrace:$|note: (?:run with|Some details)|created by \S+|goroutine \d+ \[)/

/** `java.lang.IllegalStateException: x`, `System.IO.IOException: y`, `TypeError: z`, `KeyError: 'id'`. */
const EXCEPTION =
  /^(?:(?:[A-Za-z_$][\w$]*[.:]{1,2}){0,12}(?:[A-Z][\w$]*)?(?:Exception|Error|Throwable|Failure|Fault|Interrupt|Exit)|(?:[a-z_$][\w$]*\.){1,12}[A-Z][\w$]*)(?::|$| \[|: )/

const TRACEBACK = /^(?:Traceback \(most recent call last\)|\s*\+ Exception Group Traceback)/
const CHAINED = /^(?:During handling of the above exception|The above exception was the direct cause)/

/** A program's last words; the lines behind them belong to them until the next line with a time. */
const CRASH =
  /^(?:panic: |fatal error: |thread '.{1,200}' (?:\(\d+\) )?panicked at |Exception in thread "|Unhandled [Ee]xception|\*\*\* Error in|terminate called after)/
/** Node prints the place first: `/app/index.js:3`, `node:internal/process:1`. */
const NODE_CRASH = /^(?:\/|[A-Z]:\\|file:\/\/\/|node:)\S{1,400}:\d{1,7}$/
const NODE_END = /^Node\.js v\d/

export type TraceKind = 'traceback' | 'crash' | 'node'

export function isTracePart(line: string): boolean {
  return PART.test(line)
}

export function isException(line: string): boolean {
  return EXCEPTION.test(line)
}

export function isTraceback(line: string): boolean {
  return TRACEBACK.test(line)
}

export function isChained(line: string): boolean {
  return CHAINED.test(line)
}

/** The kind of trace the line begins by itself. */
export function traceStart(line: string): TraceKind | undefined {
  if (TRACEBACK.test(line)) return 'traceback'
  if (CRASH.test(line)) return 'crash'
  return NODE_CRASH.test(line) ? 'node' : undefined
}

export function endsNodeCrash(line: string): boolean {
  return NODE_END.test(line)
}
