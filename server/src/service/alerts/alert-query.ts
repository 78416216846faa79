import type { LogFilter, Visibility } from '../../store/filter/log-filter.ts'
import { AppError } from '../app-error.ts'
import type { LogQuery, SearchQueries } from '../logs/log-query.ts'

const MANY = ['level', 'exclude_level', 'source', 'exclude_source', 'logger_name'] as const
const MANY_CAMERAS = ['camera_id', 'exclude_camera_id'] as const
const ONE = ['min_level', 'request_id', 'search', 'q'] as const
const MAX_VALUES = 100
const MAX_CHARACTERS = 1000

/** The names that the filter of a rule may have: those of a list, without its time. */
const NAMES: readonly string[] = [...MANY, ...MANY_CAMERAS, ...ONE]

/** @throws {AppError} INVALID_REQUEST naming a parameter that is not a filter's, or holds too much */
function readAlertQuery(text: string): LogQuery {
  const given = new URLSearchParams(text)
  for (const name of given.keys()) {
    if (NAMES.includes(name)) continue
    throw invalid(
      `query names "${name.slice(0, 40)}", and the filter of a rule has ${NAMES.join(', ')} alone`,
    )
  }
  const query: LogQuery = {}
  for (const name of [...MANY, ...MANY_CAMERAS]) {
    const values = given.getAll(name).filter((value) => value !== '')
    if (values.length > MAX_VALUES) throw invalid(`query has more than ${MAX_VALUES} values of ${name}`)
    if (values.some((value) => value.length > 200))
      throw invalid(`query has a ${name} of over 200 characters`)
    if (values.length === 0) continue
    if (name === 'camera_id' || name === 'exclude_camera_id')
      query[name] = values.map((value) => cameraOf(name, value))
    else query[name] = values
  }
  for (const name of ONE) {
    const value = given.get(name)
    if (value === null || value === '') continue
    if (value.length > MAX_CHARACTERS)
      throw invalid(`query has a ${name} of over ${MAX_CHARACTERS} characters`)
    query[name] = value
  }
  return query
}

/** @throws {AppError} as `readAlertQuery` and `SearchQueries.toFilter` */
export function filterOf(queries: SearchQueries, text: string, visibility: Visibility): Promise<LogFilter> {
  return queries.toFilter(readAlertQuery(text), visibility)
}

function cameraOf(name: string, value: string): number {
  const id = Number(value)
  if (Number.isInteger(id) && Math.abs(id) <= 2_147_483_647) return id
  throw invalid(`query has the ${name} "${value.slice(0, 40)}", which is no camera's id`)
}

function invalid(sentence: string): AppError {
  return new AppError('INVALID_REQUEST', `${sentence}.`)
}
