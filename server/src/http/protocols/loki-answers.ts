import { writeFloat } from '../../service/loki/language/go-values.ts'
import type { LokiAnswer, LokiLine } from '../../service/loki/loki-queries.ts'
import type { MetricSeries } from '../../service/loki/metrics/evaluate.ts'

/** The answer to a query in Loki's form. */
export function writeAnswer(answer: LokiAnswer, isCategorized: boolean): object {
  const { resultType } = answer
  if (resultType === 'scalar')
    return success({ resultType, result: [answer.at / 1000, writeFloat(answer.value)], stats: {} })
  if (resultType !== 'streams') return writeSeries(answer, { stats: {} })
  const result = answer.result.map(({ stream, lines }) => ({
    stream,
    values: lines.map((line) => (isCategorized ? categorized(line) : [line.nanos, line.line])),
  }))
  const flags = isCategorized ? { encodingFlags: ['categorize-labels'] } : {}
  return success({ resultType, ...flags, result, stats: {} }, answer.warning)
}

type SeriesAnswer = {
  resultType: 'matrix' | 'vector'
  result: readonly MetricSeries[]
  warning?: string | undefined
}

/** Series as Prometheus has them. */
export function writeSeries(
  { resultType, result, warning }: SeriesAnswer,
  more: { stats?: object } = {},
): object {
  const point = ({ at, value }: MetricSeries['values'][number]) => [at / 1000, writeFloat(value)]
  const written = result.map(({ metric, values }) =>
    resultType === 'matrix'
      ? { metric, values: values.map(point) }
      : { metric, value: point(values[0] as MetricSeries['values'][number]) },
  )
  return success({ resultType, result: written, ...more }, warning)
}

function success(data: object, warning?: string): object {
  return { status: 'success', ...(warning !== undefined && { warnings: [warning] }), data }
}

function categorized({ nanos, line, metadata, parsed }: LokiLine): [string, string, object] {
  const isAny = (labels: object) => Object.keys(labels).length > 0
  return [
    nanos,
    line,
    { ...(isAny(metadata) && { structuredMetadata: metadata }), ...(isAny(parsed) && { parsed }) },
  ]
}
