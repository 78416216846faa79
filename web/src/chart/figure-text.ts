import type { ChartChoice } from './choice.ts'

const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 })
const exact = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 4 })
const whole = new Intl.NumberFormat()

/** Units that the names of fields end with, as `duration_ms`. */
const UNITS: readonly (readonly [RegExp, string])[] = [
  [/(^|[._])ms$/i, ' ms'],
  [/(^|[._])(s|sec|seconds)$/i, ' s'],
  [/(^|[._])bytes$/i, ' B'],
  [/(^|[._])(percent|pct)$/i, ' %'],
]

/** The unit of a figure with the space before it; empty when it has none that is known. */
export function unitOf({ measure, field }: Pick<ChartChoice, 'measure' | 'field'>): string {
  if (measure === 'rate') return ' /s'
  if (measure === 'count' || measure === 'distinct' || field === null) return ''
  return UNITS.find(([ending]) => ending.test(field))?.[1] ?? ''
}

/** A figure to be read exactly. */
export function figureText(value: number | null, unit: string): string {
  if (value === null) return '–'
  const text = Number.isInteger(value) ? whole.format(value) : exact.format(value)
  return `${text}${unit}`
}

/** A figure beside an axis. */
export function axisText(value: number): string {
  return compact.format(value)
}
