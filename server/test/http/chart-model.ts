import type { LogRecord } from '@timelapser/logger'
import fc from 'fast-check'

/** Over four hours of one day, among them some of other days. */
export const CHART_START = Date.parse('2026-02-10T06:00:00Z')
const HOURS = 4

const values = fc.oneof(
  fc.integer({ min: 0, max: 400 }),
  fc
    .double({ min: -1000, max: 1000, noNaN: true, noDefaultInfinity: true })
    .map((value) => Number(value.toFixed(2))),
  fc.constantFrom<unknown>('12', ' 3.5 ', '1e3', 'n/a', '', '0x10', true, null, [1], { ms: 1 }),
)

const chartRecords = fc.record({
  timestamp: fc
    .integer({ min: -30 * 60_000, max: (HOURS + 0.5) * 3_600_000 })
    .map((offset) => new Date(CHART_START + offset).toISOString()),
  level: fc.constantFrom('DEBUG', 'INFO', 'WARNING', 'ERROR'),
  message: fc.constantFrom('GET /api/frames', 'GET /api/cameras', 'timeout'),
  source: fc.constantFrom('api', 'api', 'worker', 'camera_2', 'camera_x'),
  logger_name: fc.constantFrom(null, 'http', 'app.capture'),
  camera_id: fc.constantFrom(null, 1, 2, 3),
  extra_data: fc.oneof(
    fc.constant(null),
    fc.record({ duration_ms: values, status: fc.constantFrom<unknown>(200, 404, '200', 'odd value', null) }),
    fc.record({ http: fc.record({ took: fc.integer({ min: 1, max: 9 }) }) }),
  ),
})

/** Lines with what may stand in a field, the same in every run. */
export const CHART_LINES = fc.sample(chartRecords, { numRuns: 700, seed: 22 }) as unknown as LogRecord[]

export type ChartAsked = { measure: string; field?: string; by?: string[] }

/** The lines of each group by its key, as JSON, and what they are measured by; in plain code. */
export function chartGroups(lines: readonly LogRecord[], { measure, field, by = [] }: ChartAsked) {
  const measured = lines.flatMap((line) => {
    if (field === undefined) return [{ line, value: 1 as unknown }]
    const found = valueAt(line, field)
    if (found === null || found === undefined) return []
    if (measure === 'count' || measure === 'rate' || measure === 'distinct')
      return [{ line, value: textOf(found) }]
    const number =
      typeof found === 'string' && found.trim() !== '' && !/x/.test(found) ? Number(found) : found
    return typeof number === 'number' && Number.isFinite(number) ? [{ line, value: number }] : []
  })
  return Map.groupBy(measured, ({ line }) =>
    JSON.stringify(
      by.map((name) => valueAt(line, name)).map((value) => (value == null ? null : textOf(value))),
    ),
  )
}

export function measureOf(measure: string, values: readonly unknown[], seconds: number): number | null {
  const numbers = (values as number[]).toSorted((a, b) => a - b)
  const sum = () => numbers.reduce((total, value) => total + value, 0)
  const quantile = (share: number) => numbers[Math.ceil(share * numbers.length) - 1] ?? null
  switch (measure) {
    case 'count':
      return values.length
    case 'rate':
      return values.length / seconds
    case 'distinct':
      return new Set(values).size
    case 'sum':
      return sum()
    case 'avg':
      return numbers.length === 0 ? null : sum() / numbers.length
    case 'min':
      return numbers[0] ?? null
    case 'max':
      return numbers.at(-1) ?? null
    default:
      return quantile(Number(measure.slice(1)) / 100)
  }
}

function valueAt(line: LogRecord, name: string): unknown {
  if (name === 'level' || name === 'source' || name === 'logger_name') return line[name]
  if (name === 'camera_id') {
    return line.camera_id ?? (/^camera_\d+$/.test(line.source) ? Number(line.source.slice(7)) : null)
  }
  let value: unknown = line.extra_data
  for (const key of name.replace(/^extra_data\./, '').split('.')) {
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
  }
  return value
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
