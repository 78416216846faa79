import { formatSpan, parseSpan, type Range } from '../time/range.ts'
import { type Level, parseLevel } from './levels.ts'

/** The filters of the list; named as the API's parameters. */
export type LogFilters = {
  level: Level[]
  min_level: Level | null
  source: string[]
  camera_id: number[]
  exclude_level: Level[]
  exclude_source: string[]
  exclude_camera_id: number[]
  logger_name: string[]
  request_id: string | null
  /** The search syntax of docs/search.md. */
  q: string
  /** Plain text, of links made by hand or by other programs. */
  search: string
}

/** Everything the screen shows, and nothing else: it is the query string. */
export type LogView = LogFilters & {
  range: Range
  page: number
  limit: number
  /** The newest line when page 1 was left, so that later pages do not slide while lines arrive. */
  until: string | null
  /** The line open in the panel. */
  log: number | null
  live: boolean
  /** The columns beside the message; null leaves them to the browser. */
  columns: readonly string[] | null
}

export const PAGE_SIZES = [50, 100, 200, 500, 1000] as const

/** A change that drops every filter and keeps the range. */
export const NO_FILTERS = {
  level: [],
  min_level: null,
  source: [],
  camera_id: [],
  exclude_level: [],
  exclude_source: [],
  exclude_camera_id: [],
  logger_name: [],
  request_id: null,
  q: '',
  search: '',
} satisfies Partial<LogView>

export const DEFAULT_VIEW: LogView = {
  ...NO_FILTERS,
  range: { kind: 'last', seconds: 86_400 },
  page: 1,
  limit: 100,
  until: null,
  log: null,
  live: true,
  columns: null,
}

/** Reads a query string; parts that are not understood keep their default. */
export function parseView(search: string): LogView {
  const query = new URLSearchParams(search)
  const list = (name: string) => [...new Set(query.getAll(name).filter(Boolean))]
  const levels = (name: string) =>
    [...new Set(list(name).map(parseLevel))].filter((level) => level !== undefined)
  const numbers = (name: string) =>
    [...new Set(list(name).map(Number))].filter((value) => Number.isSafeInteger(value) && value > 0)
  const cameras = (name: string) => [...new Set(list(name).map(Number))].filter(Number.isSafeInteger)
  const [minLevel = null] = levels('min_level')
  const [page = 1] = numbers('page')
  const [limit = DEFAULT_VIEW.limit] = numbers('limit')
  const [log = null] = numbers('log')
  return {
    level: levels('level'),
    min_level: minLevel,
    source: list('source'),
    camera_id: cameras('camera_id'),
    exclude_level: levels('exclude_level'),
    exclude_source: list('exclude_source'),
    exclude_camera_id: cameras('exclude_camera_id'),
    logger_name: list('logger_name'),
    request_id: query.get('request_id') || null,
    q: query.get('q') ?? '',
    search: query.get('search') ?? '',
    range: parseRangeParameters(query),
    page,
    limit: Math.min(limit, 1000),
    until: page > 1 ? instantOrNull(query.get('until')) : null,
    log,
    live: query.get('live') !== '0',
    columns: query.has('column') ? list('column') : null,
  }
}

/** The query string of a view, defaults left out, always in the same order; empty for the default view. */
export function formatView(view: LogView): string {
  const query = filterParameters(view)
  const { range } = view
  if (range.kind === 'all') query.set('range', 'all')
  if (range.kind === 'last' && range.seconds !== 86_400) query.set('range', formatSpan(range.seconds))
  if (range.kind === 'between') {
    query.set('from', range.from)
    if (range.to !== null) query.set('to', range.to)
  }
  if (view.page > 1) query.set('page', String(view.page))
  if (view.page > 1 && view.until !== null) query.set('until', view.until)
  if (view.limit !== DEFAULT_VIEW.limit) query.set('limit', String(view.limit))
  if (!view.live) query.set('live', '0')
  // With none of them only the message is shown.
  if (view.columns?.length === 0) query.set('column', '')
  for (const column of view.columns ?? []) query.append('column', column)
  if (view.log !== null) query.set('log', String(view.log))
  const text = query.toString()
  return text === '' ? '' : `?${text}`
}

/** The filters as parameters of the API. */
export function filterParameters(filters: LogFilters): URLSearchParams {
  const query = new URLSearchParams()
  const names = [
    'level',
    'source',
    'camera_id',
    'exclude_level',
    'exclude_source',
    'exclude_camera_id',
    'logger_name',
  ] as const
  for (const name of names) for (const value of filters[name]) query.append(name, String(value))
  if (filters.min_level !== null) query.set('min_level', filters.min_level)
  if (filters.request_id !== null) query.set('request_id', filters.request_id)
  if (filters.q !== '') query.set('q', filters.q)
  if (filters.search !== '') query.set('search', filters.search)
  return query
}

export function hasFilters(filters: LogFilters): boolean {
  return filterParameters(filters).size > 0
}

function parseRangeParameters(query: URLSearchParams): Range {
  const from = instantOrNull(query.get('from'))
  if (from !== null) {
    const to = instantOrNull(query.get('to'))
    return { kind: 'between', from, to: to !== null && Date.parse(to) >= Date.parse(from) ? to : null }
  }
  const text = query.get('range') ?? ''
  if (text === 'all') return { kind: 'all' }
  const seconds = parseSpan(text)
  return seconds === null ? DEFAULT_VIEW.range : { kind: 'last', seconds }
}

function instantOrNull(text: string | null): string | null {
  return text === null || Number.isNaN(Date.parse(text)) ? null : text
}
