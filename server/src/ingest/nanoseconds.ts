import { toUtcText } from './utc-text.ts'

/** Nanoseconds since 1970, also as text, as a time of a record; undefined for what is none. */
export function fromNanoseconds(value: unknown): string | undefined {
  const nanos =
    typeof value === 'bigint'
      ? value
      : typeof value === 'number' && Number.isInteger(value)
        ? BigInt(value)
        : typeof value === 'string' && /^-?\d{1,20}$/.test(value)
          ? BigInt(value)
          : undefined
  if (nanos === undefined) return undefined
  const seconds = nanos / 1_000_000_000n - (nanos % 1_000_000_000n < 0n ? 1n : 0n)
  return fromSeconds(Number(seconds), Number(nanos - seconds * 1_000_000_000n))
}

/** @param nanos 0 to 999,999,999 */
export function fromSeconds(seconds: number, nanos: number): string | undefined {
  if (!Number.isInteger(nanos) || nanos < 0 || nanos > 999_999_999) return undefined
  return toUtcText(seconds, String(nanos).padStart(9, '0').slice(0, 6).replace(/0+$/, ''))
}
