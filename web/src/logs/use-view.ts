import { useCallback, useEffect, useMemo } from 'react'
import { navigate, useSearch } from '../app/location.ts'
import { recall, remember } from '../app/preference.ts'
import { formatView, type LogView, parseView } from './view.ts'

const LAST = 'logs.search'
const KEEPS_PAGE: readonly string[] = ['page', 'until', 'log', 'live', 'columns'] satisfies (keyof LogView)[]

export type ChangeView = (change: Partial<LogView>, options?: { replace?: boolean }) => void

/** The view of the URL, and the one way to change it. A change of what is listed leads back to page 1. */
export function useView(): [LogView, ChangeView] {
  const search = useSearch()
  const view = useMemo(() => parseView(search), [search])
  useEffect(() => remember(LAST, filtersOf(view), 'session'), [view])
  const change = useCallback<ChangeView>((part, options) => {
    const now = parseView(window.location.search)
    const keepsPage = Object.keys(part).every((name) => KEEPS_PAGE.includes(name))
    const next = { ...now, ...(keepsPage ? {} : { page: 1, until: null }), ...part }
    navigate(`/logs${formatView(next)}`, options)
  }, [])
  return [view, change]
}

/** The query string of what a view lists, from its first page on. */
export function filtersOf(view: LogView): string {
  return formatView({ ...view, page: 1, until: null, log: null })
}

/** The view of the address of a screen beside the list; its filters are those of the list, there and back. */
export function useFilters(path: string, parameters: string): [LogView, ChangeView] {
  const search = useSearch()
  const view = useMemo(() => parseView(search), [search])
  useEffect(() => remember(LAST, filtersOf(view), 'session'), [view])
  const change = useCallback<ChangeView>(
    (part, options) => {
      const query = new URLSearchParams(filtersOf({ ...parseView(window.location.search), ...part }))
      for (const [name, value] of new URLSearchParams(parameters)) query.append(name, value)
      navigate(query.size === 0 ? path : `${path}?${query}`, options)
    },
    [path, parameters],
  )
  return [view, change]
}

/** Where the Logs link leads: the filters this session used last. */
export function lastLogsPath(): string {
  return `/logs${lastFilters()}`
}

/** The filters this session used last, as a query string. */
export function lastFilters(): string {
  return recall(LAST, 'session') ?? ''
}
