import type { LogFilter, Visibility } from '../../../store/filter/log-filter.ts'
import type { LogOperations } from '../../../store/log-operations.ts'
import type { Limits } from '../row-reader.ts'
import type { Sample } from './vectors.ts'

/** Gives the vectors of a metric, from the last time to the first: a stopped query has the newest. */
export type Source = {
  next: (at: number) => Promise<readonly Sample[]>
  close: () => Promise<void>
}

/** The times of an evaluation, in milliseconds, and what it may use. */
export type Evaluation = {
  logs: LogOperations
  visibility: Visibility
  /** Ascending; a single time for an instant query. */
  times: readonly number[]
  stepMs: number
  limits: Limits
}

/** The filter of the rows after `from` and up to `to`, in milliseconds. */
export function between(
  filter: LogFilter,
  from: number,
  to: number,
): LogFilter & { start: string; end: string } {
  // Rows have microseconds: the first microsecond behind the lower bound.
  return { ...filter, start: toMicros(from, 1), end: toMicros(to, 0) }
}

function toMicros(millis: number, more: number): string {
  const micros = BigInt(Math.round(millis * 1000) + more)
  const whole = micros / 1_000_000n - (micros % 1_000_000n < 0n ? 1n : 0n)
  const fraction = String(micros - whole * 1_000_000n).padStart(6, '0')
  return `${new Date(Number(whole) * 1000).toISOString().slice(0, -5)}.${fraction}Z`
}
