import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { AuditPage as Entries } from 'timelapser-logs/api'
import { request } from '../api/client.ts'
import { serverNow } from '../api/server-clock.ts'
import { navigate, useSearch } from '../app/location.ts'
import { Button } from '../controls/button.tsx'
import { Failed } from '../controls/failed.tsx'
import { SkeletonRows } from '../controls/skeleton.tsx'
import { SCREEN } from '../controls/surfaces.ts'
import { useDisplayZone } from '../time/display-zone.ts'
import { AuditFilter } from './audit-filter.tsx'
import { AuditItem } from './audit-item.tsx'
import { auditParameters, auditPath, filtersOf } from './audit-query.ts'
import { VerifyButton } from './verify-button.tsx'

/** The audit trail, newest first; filters and page are in the URL. */
export function AuditPage() {
  const search = useSearch()
  const zone = useDisplayZone()
  const entries = useQuery({
    queryKey: ['audit', search],
    queryFn: ({ signal }) =>
      request<Entries>(`/api/audit?${auditParameters(search, serverNow())}`, { signal }),
    placeholderData: keepPreviousData,
    staleTime: 0,
  })
  useEffect(() => {
    document.title = 'Audit – Timelapser Logs'
  }, [])
  const pagination = entries.data?.pagination
  const goTo = (page: number) => {
    navigate(auditPath(filtersOf(search), page))
  }
  return (
    <main id="content" className={SCREEN}>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h1 className="text-figure font-semibold tracking-tight">Audit</h1>
        <VerifyButton />
      </div>
      <AuditFilter key={search} filters={filtersOf(search)} zone={zone} />
      {entries.isError && (
        <Failed what="The audit trail" error={entries.error} retry={() => entries.refetch()} />
      )}
      {entries.isPending && <SkeletonRows name="entries" rows={12} height="h-14" />}
      {entries.data?.entries.length === 0 && (
        <p className="rounded-lg border border-line bg-surface px-4 py-8 text-center text-muted">
          No entry matches these filters.
        </p>
      )}
      <ol
        aria-label="Audit entries"
        className="divide-y divide-line overflow-hidden rounded-lg border border-line bg-surface empty:hidden"
      >
        {entries.data?.entries.map((entry) => (
          <AuditItem key={entry.id} entry={entry} zone={zone} />
        ))}
      </ol>
      {pagination && pagination.total_items > 0 && (
        <nav aria-label="Pages" className="figures flex items-center gap-2 text-small text-muted">
          <span className="mr-auto">
            Page {pagination.page.toLocaleString()} of {pagination.total_pages.toLocaleString()},{' '}
            {pagination.total_items.toLocaleString()} entries
            {pagination.is_cut &&
              `. The page was cut at 8 MB, after ${entries.data?.entries.length} entries; narrow the time range to see the rest`}
          </span>
          <Button disabled={!pagination.has_previous} onClick={() => goTo(pagination.page - 1)}>
            Newer
          </Button>
          <Button disabled={!pagination.has_next} onClick={() => goTo(pagination.page + 1)}>
            Older
          </Button>
        </nav>
      )}
    </main>
  )
}
