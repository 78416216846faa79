import { eventTime } from './clock.ts'
import type { LogRecord } from './record.ts'

/** The losses since the last notice. */
export type Loss = { dropped: number; rejected: number; reason: string }

/** Makes the log line that reports lost lines: no loss is silent. */
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

/** Reports a problem in a sentence. `isOnce` marks a sentence that is not repeated: it must not be left out. */
export type ProblemReporter = (sentence: string, isOnce?: boolean) => void

/** Reports to the application's function, which gets the sentence alone, or to stderr. */
export function problemReporter(
  name: string,
  onProblem: ((sentence: string) => void) | undefined,
): ProblemReporter {
  return onProblem ? (sentence) => onProblem(sentence) : stderrReporter(name)
}

/** Reports problems on stderr, repeated sentences at most once a minute: the logger cannot log them. */
export function stderrReporter(name: string): ProblemReporter {
  let nextMs = Number.NEGATIVE_INFINITY
  return (sentence, isOnce = false) => {
    const now = performance.now()
    if (now < nextMs && !isOnce) return
    if (!isOnce) nextMs = now + 60_000
    process.stderr.write(`timelapser logger (${name}): ${sentence}\n`, () => {})
  }
}
