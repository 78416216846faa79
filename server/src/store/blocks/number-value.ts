const NUMERIC = /^\s{0,10}[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})(e[+-]?\d{1,3})?\s{0,10}$/i

/** A JSON number, or a text that is nothing but a number; undefined for others and for those no double can hold. */
export function numberOf(value: unknown): number | undefined {
  const number =
    typeof value === 'number'
      ? value
      : typeof value === 'string' && NUMERIC.test(value)
        ? Number(value)
        : Number.NaN
  return Number.isFinite(number) ? number : undefined
}
