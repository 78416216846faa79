import type { Loss } from './batching-options.ts'
import { eventTime } from './clock.ts'
import type { LogRecord } from './record.ts'

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

/** Tells of problems on stderr, at most once a minute: the logger cannot log them. */
export function stderrReporter(name: string): (sentence: string) => void {
  let nextMs = Number.NEGATIVE_INFINITY
  return (sentence) => {
    const now = performance.now()
    if (now < nextMs) return
    nextMs = now + 60_000
    process.stderr.write(`timelapser logger (${name}): ${sentence}\n`, () => {})
  }
}
