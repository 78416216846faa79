import { setTimeout as delay } from 'node:timers/promises'
import type { Level, LogRecord } from '@timelapser/logger'
import type pg from 'pg'
import type { LogOperations } from '../../src/store/log-operations.ts'

export const HOUR = 3_600_000
export const DAY = 24 * HOUR

/** The instant `millis` milliseconds ago. */
export const ago = (millis: number) => new Date(Date.now() - millis).toISOString()

/** A record; missing fields are ordinary. */
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

/**
 * Waits until a statement waits for others who use `logs`, and until the writers behind it have stored a hundred batches
 * since: they would store none if it waited for as long as they do.
 */
export async function seeWritersPass(pool: pg.Pool, written: () => number): Promise<void> {
  const isWaiting = async () => {
    const { rows } = await pool.query(`
      select from pg_locks l join pg_database d on d.oid = l.database
      where d.datname = current_database() and l.locktype = 'relation' and not l.granted
        and l.mode = 'AccessExclusiveLock'`)
    return rows.length > 0
  }
  while (!(await isWaiting())) await delay(2)
  for (const before = written(); written() < before + 10_000; ) await delay(2)
}

/**
 * Writes batches for as long as `work` runs, some rows late by up to `lateBy`; returns the counts.
 *
 * @param work given how many rows are written so far
 * @returns how many rows were written in all, and while `work` ran
 */
export async function whileWriting<T>(
  logs: LogOperations,
  lateBy: number,
  work: (written: () => number) => Promise<T>,
): Promise<{ result: T; written: number; meanwhile: number }> {
  let stopped = false
  let written = 0
  const write = async () => {
    do {
      const batch = Array.from({ length: 100 }, (_, index) =>
        record({ timestamp: ago(index % 10 === 0 ? Math.random() * lateBy : 0), camera_id: (index % 2) + 1 }),
      )
      const { accepted } = await logs.addLogEntries(batch)
      written += accepted
    } while (!stopped)
  }
  const writers = [write(), write()]
  try {
    const result = await work(() => written)
    const meanwhile = written
    stopped = true
    await Promise.all(writers)
    return { result, written, meanwhile }
  } finally {
    stopped = true
    await Promise.allSettled(writers)
  }
}
