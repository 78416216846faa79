import { boundsOf, parseSpan } from '../time/range.ts'
import { instantOf, wallTime } from '../time/zone.ts'

/** The filters in the screen's address. */
const AUDIT_FILTERS = ['actor', 'action', 'entity', 'range', 'from', 'to'] as const
export type AuditFilters = Partial<Record<(typeof AUDIT_FILTERS)[number], string>>

export function filtersOf(search: string): AuditFilters {
  const query = new URLSearchParams(search)
  const given = AUDIT_FILTERS.map((name) => [name, query.get(name)?.trim()])
  return Object.fromEntries(given.filter(([, value]) => value))
}

/** The address of the screen with these filters, on its first page. */
export function auditPath(filters: AuditFilters, page = 1): string {
  const query = new URLSearchParams(filters)
  if (page > 1) query.set('page', String(page))
  return query.size === 0 ? '/audit' : `/audit?${query}`
}

/** The parameters of the API for the address: a relative range ends now. */
export function auditParameters(search: string, now: number): URLSearchParams {
  const { range, from, to, ...exact } = filtersOf(search)
  const query = new URLSearchParams(exact)
  const seconds = range === undefined ? null : parseSpan(range)
  if (seconds !== null) query.set('start_date', boundsOf({ kind: 'last', seconds }, now).start)
  if (from !== undefined) query.set('start_date', from)
  if (to !== undefined) query.set('end_date', to)
  const page = new URLSearchParams(search).get('page')
  if (page !== null) query.set('page', page)
  return query
}

/** An instant as a `datetime-local` field shows it in a zone; empty for none. */
export function toField(instant: string | undefined, zone: string): string {
  if (instant === undefined || Number.isNaN(Date.parse(instant))) return ''
  const { year, month, day, hour, minute } = wallTime(Date.parse(instant), zone)
  return new Date(Date.UTC(year, month - 1, day, hour, minute)).toISOString().slice(0, 16)
}

/** The instant that the text of a date field means; undefined for an empty field. */
export function fromField(text: string, zone: string): string | undefined {
  const [year, month, day, hour, minute] = text.split(/\D/).map(Number)
  if (year === undefined || month === undefined || day === undefined) return undefined
  const wall = { year, month, day, hour: hour ?? 0, minute: minute ?? 0, second: 0 }
  return new Date(instantOf(wall, zone)).toISOString()
}
