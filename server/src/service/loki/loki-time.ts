import { fromNanoseconds, secondsOf } from '../../ingest/utc-text.ts'
import { AppError } from '../app-error.ts'
import { readPrometheusDuration } from './language/go-values.ts'

/** From `start` on, and before `end`, in nanoseconds. */
export type LokiRange = { start: bigint; end: bigint }

/** A time of a query in nanoseconds; it is written as nanoseconds, seconds with a fraction, or RFC 3339. */
export function readTime(name: string, text: string): bigint {
  if (/^\d{1,10}(\.\d+)?$/.test(text)) return BigInt(Math.round(Number(text) * 1e6)) * 1000n
  if (/^\d{11,19}$/.test(text)) return BigInt(text)
  const [, second, fraction = '', zone = ''] = RFC3339.exec(text) ?? []
  const millis = second === undefined ? Number.NaN : Date.parse(second + zone)
  if (Number.isNaN(millis))
    throw new AppError('INVALID_REQUEST', `cannot parse "${text.slice(0, 60)}" as the time of ${name}`)
  return BigInt(millis) * 1_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'))
}

const RFC3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?$/

/** A step or interval in milliseconds: `30s`, or seconds. @throws {AppError} */
export function readStep(text: string): number {
  const seconds = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined
  const read = seconds === undefined ? readPrometheusDuration(text) : { value: seconds * 1e9 }
  if ('problem' in read)
    throw new AppError('INVALID_REQUEST', `cannot parse "${text.slice(0, 60)}" to a valid duration`)
  const millis = Math.round(read.value / 1e6)
  if (millis <= 0) {
    throw new AppError(
      'INVALID_REQUEST',
      'zero or negative query resolution step widths are not accepted. Try a positive integer',
    )
  }
  return millis
}

/** The microsecond the time falls into or, when it lies between two, the later of them. */
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

export function toMillis(nanos: bigint): number {
  return Number(nanos / 1_000_000n)
}
