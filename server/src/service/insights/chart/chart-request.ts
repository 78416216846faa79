import { repairText } from '@timelapser/logger'
import type { ValuePlace } from '../../../store/reading/value-places.ts'
import { AppError } from '../../app-error.ts'

/** The figures that a chart can draw. */
export const MEASURES = [
  'count',
  'rate',
  'sum',
  'avg',
  'min',
  'max',
  'p50',
  'p95',
  'p99',
  'distinct',
] as const
export type Measure = (typeof MEASURES)[number]

/** The parameters of a chart, as they stand in the URL. */
export type ChartQuery = {
  measure: Measure
  field?: string | undefined
  by?: readonly string[] | undefined
  /** Groups with a series of their own. */
  limit: number
}

/** A field by its name and the place where its values are. */
export type ChartField = { name: string; place: ValuePlace }

export type ChartRequest = {
  measure: Measure
  field: ChartField | undefined
  by: readonly ChartField[]
  limit: number
}

/** Keys that lead to a value; `extra_data` is not nested deeper by anything that logs. */
const MAX_KEYS = 20

const COLUMNS: Readonly<Record<string, ChartField>> = {
  level: { name: 'level', place: 'level' },
  source: { name: 'source', place: 'source' },
  logger: { name: 'logger_name', place: 'logger' },
  logger_name: { name: 'logger_name', place: 'logger' },
  camera: { name: 'camera_id', place: 'camera' },
  camera_id: { name: 'camera_id', place: 'camera' },
}

/** @throws {AppError} INVALID_REQUEST naming the parameter that cannot be answered */
export function readChartQuery({ measure, field: named, by: names = [], limit }: ChartQuery): ChartRequest {
  const field = named === undefined ? undefined : readField('field', named)
  const isCount = measure === 'count' || measure === 'rate'
  if (!field && !isCount) {
    const example = measure === 'distinct' ? 'source' : 'duration_ms'
    throw invalid(`field is required for the measure ${measure}, for example field=${example}.`)
  }
  if (field && typeof field.place === 'string' && !isCount && measure !== 'distinct') {
    throw invalid(
      `field must be a key of extra_data for the measure ${measure}; ${field.name} holds no numbers. The measures count and distinct take it.`,
    )
  }
  const by = names.map((name) => readField('by', name))
  if (new Set(by.map(({ name }) => name)).size < by.length) throw invalid(`by names ${by[0]?.name} twice.`)
  return { measure, field, by, limit }
}

function readField(parameter: 'field' | 'by', text: string): ChartField {
  if (Object.hasOwn(COLUMNS, text)) return COLUMNS[text] as ChartField
  const path = repairText(text.replace(/^extra_data\./, '')).split('.')
  if (path.length > MAX_KEYS) {
    throw invalid(`${parameter} must have at most ${MAX_KEYS} keys joined by dots; it has ${path.length}.`)
  }
  if (path.includes(''))
    throw invalid(`${parameter} must have a key on each side of its dots; "${text}" does not.`)
  return { name: `extra_data.${path.join('.')}`, place: path }
}

function invalid(message: string): AppError {
  return new AppError('INVALID_REQUEST', message)
}
