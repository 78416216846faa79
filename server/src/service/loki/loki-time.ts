import { fromNanoseconds } from '../../ingest/nanoseconds.ts'
import { secondsOf } from '../../ingest/utc-text.ts'
import { AppError } from '../app-error.ts'
import { parseDuration } from './logql-scanner.ts'

/** A time of a query in nanoseconds: such a count, seconds with a fraction, or RFC 3339. */
export function readTime(name: string, text: string): bigint {
  if (/^\d{1,10}(\.\d+)?$/.test(text)) return BigInt(Math.round(Number(text) * 1e6)) * 1000n
  if (/^\d{11,19}$/.test(text)) return BigInt(text)
  const millis = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(millis))
    throw new AppError('INVALID_REQUEST', `cannot parse "${text.slice(0, 60)}" as the time of ${name}`)
  return BigInt(millis) * 1_000_000n
}

/** A step in milliseconds: `30s`, or seconds. */
export function readStep(text: string): number {
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : parseDuration(text)
  if (ms === undefined || ms < 1000)
    throw new AppError('INVALID_REQUEST', `step "${text.slice(0, 60)}" has to be a duration of at least 1s`)
  return Math.round(ms)
}

/** The microsecond the time falls into or, when it lies between two, the next one. */
export function toUtc(nanos: bigint): string {
  const utc = fromNanoseconds(((nanos + 999n) / 1000n) * 1000n)
  if (utc === undefined) throw new AppError('INVALID_REQUEST', 'a time lies outside of the years 1 to 9999')
  return utc
}

/** A timestamp of a row as Loki writes it. */
export function toNanos(utc: string): string {
  const fraction = utc.charCodeAt(19) === 46 ? utc.slice(20, -1) : ''
  return `${secondsOf(utc)}${fraction.padEnd(9, '0')}`
}
