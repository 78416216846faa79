import { eventTime } from './clock.ts'
import type { LogRecord } from './record.ts'

/** What was lost since it was last told. */
export type Loss = { dropped: number; rejected: number; reason: string }

/** The log line that tells of lost ones: nothing is missing silently. */
export function lossRecord(loss: Loss, handler: string): LogRecord {
  const { dropped, rejected, reason } = loss
  const parts = []
  if (dropped > 0)
    parts.push(`${count(dropped)} dropped, for there was no room for them or the disk had spoilt them`)
  if (rejected > 0) parts.push(`${count(rejected)} refused${reason ? `: ${reason}` : ''}`)
  return {
    timestamp: eventTime(),
    level: 'WARNING',
    message: `Log lines were lost on their way to ${handler}: ${parts.join('; ')}`,
    source: 'system',
    logger_name: 'timelapser.logger',
    camera_id: null,
    extra_data: { dropped, rejected },
  }
}

function count(rows: number): string {
  return rows.toLocaleString('en-US')
}

/** Tells of a problem in a sentence. `isOnce` marks one that nothing repeats: it must not be left out. */
export type ProblemReporter = (sentence: string, isOnce?: boolean) => void

/** Tells the application's function, which gets the sentence alone, or stderr. */
export function problemReporter(
  name: string,
  onProblem: ((sentence: string) => void) | undefined,
): ProblemReporter {
  return onProblem ? (sentence) => onProblem(sentence) : stderrReporter(name)
}

/** Tells of problems on stderr, repeated ones at most once a minute: the logger cannot log them. */
export function stderrReporter(name: string): ProblemReporter {
  let nextMs = Number.NEGATIVE_INFINITY
  return (sentence, isOnce = false) => {
    const now = performance.now()
    if (now < nextMs && !isOnce) return
    if (!isOnce) nextMs = now + 60_000
    process.stderr.write(`timelapser logger (${name}): ${sentence}\n`, () => {})
  }
}
