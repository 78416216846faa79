import type { Level, LogRecord } from '@timelapser/logger'
import type { LogOperations } from '../../src/store/log-operations.ts'

export const HOUR = 3_600_000
export const DAY = 24 * HOUR

/** The instant so many milliseconds ago. */
export const ago = (millis: number) => new Date(Date.now() - millis).toISOString()

/** A record; what is not given is ordinary. */
export function record(given: Partial<LogRecord>): LogRecord {
  return {
    timestamp: ago(0),
    level: 'INFO',
    message: 'something happened',
    source: 'worker',
    logger_name: null,
    camera_id: null,
    extra_data: null,
    ...given,
  }
}

/** Rows spread evenly over a stretch of time, levels and cameras by turns. */
export function spread(
  rows: number,
  from: number,
  to: number,
  levels: readonly Level[] = ['INFO', 'DEBUG', 'ERROR', 'INFO'],
): LogRecord[] {
  return Array.from({ length: rows }, (_, index) =>
    record({
      timestamp: new Date(from + ((to - from) * index) / rows).toISOString(),
      level: levels[index % levels.length] as Level,
      message: `line ${index}`,
      source: `camera_${index % 3}`,
      camera_id: index % 3 || null,
    }),
  )
}

/** Writes batches for as long as `work` runs, some rows late by up to `lateBy`; tells how it went. */
export async function whileWriting<T>(
  logs: LogOperations,
  lateBy: number,
  work: () => Promise<T>,
): Promise<{ result: T; written: number; slowestMs: number }> {
  let stopped = false
  let written = 0
  let slowestMs = 0
  const write = async () => {
    do {
      const batch = Array.from({ length: 100 }, (_, index) =>
        record({ timestamp: ago(index % 10 === 0 ? Math.random() * lateBy : 0), camera_id: (index % 2) + 1 }),
      )
      const began = performance.now()
      const { accepted } = await logs.addLogEntries(batch)
      written += accepted
      slowestMs = Math.max(slowestMs, performance.now() - began)
    } while (!stopped)
  }
  const writers = [write(), write()]
  try {
    const result = await work()
    stopped = true
    await Promise.all(writers)
    return { result, written, slowestMs }
  } finally {
    stopped = true
    await Promise.allSettled(writers)
  }
}
