import { useCallback, useMemo } from 'react'
import { navigate, useSearch } from '../app/location.ts'
import { recall, remember } from '../app/remember.ts'
import { DEFAULT_VIEW, formatView, type LogView, parseView } from './view.ts'

const LAST = 'logs.search'
const KEEPS_PAGE: readonly string[] = ['page', 'until', 'log', 'live'] satisfies (keyof LogView)[]

export type ChangeView = (change: Partial<LogView>, options?: { replace?: boolean }) => void

/** The view of the URL, and the one way to change it. A change of what is listed leads back to page 1. */
export function useView(): [LogView, ChangeView] {
  const search = useSearch()
  const view = useMemo(() => parseView(search), [search])
  const change = useCallback<ChangeView>((part, options) => {
    const now = parseView(window.location.search)
    const keepsPage = Object.keys(part).every((name) => KEEPS_PAGE.includes(name))
    const next = { ...now, ...(keepsPage ? {} : { page: 1, until: null }), ...part }
    const query = formatView(next)
    remember(LAST, formatView({ ...next, page: 1, until: null, log: null }), 'session')
    navigate(`/logs${query}`, options)
  }, [])
  return [view, change]
}

/** Where the Logs link leads: the filters this session used last. */
export function lastLogsPath(): string {
  return `/logs${recall(LAST, 'session') ?? ''}`
}

/** A change that drops every filter and keeps the range. */
export const NO_FILTERS: Partial<LogView> = {
  level: DEFAULT_VIEW.level,
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
}
