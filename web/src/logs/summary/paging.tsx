import { ChevronLeft, ChevronRight } from 'lucide-react'
import type { LogPage, LogRow } from 'timelapser-logs/api'
import { Button } from '../../controls/button.tsx'
import { SmallSelect } from '../../controls/fields.tsx'
import type { ChangeView } from '../use-view.ts'
import { type LogView, PAGE_SIZES } from '../view.ts'
import { formatCount } from './listed-count.ts'

/** Newer and older, the page's place, and the page size. Nothing for an empty list. */
export function Paging({
  page,
  view,
  change,
  newest,
}: {
  page: LogPage | null
  view: LogView
  change: ChangeView
  newest: LogRow | null
}) {
  if (page === null || page.logs.length === 0) return null
  const { pagination } = page
  const first = (pagination.page - 1) * pagination.limit + 1
  const last = first + page.logs.length - 1
  const sizes = [...new Set([...PAGE_SIZES, view.limit])].sort((a, b) => a - b)
  const go = (to: number) => {
    const until = to === 1 ? null : (view.until ?? newest?.timestamp ?? null)
    change({ page: to, until, log: null })
    window.scrollTo({ top: 0 })
  }
  return (
    <nav
      aria-label="Pages"
      className="figures mt-3 flex print:hidden flex-wrap items-center gap-x-4 gap-y-2 text-small text-muted"
    >
      <span>
        {first.toLocaleString()} to {last.toLocaleString()} of{' '}
        {formatCount(pagination.total_items, pagination.total_is_exact)}
      </span>
      <label className="flex items-center gap-2">
        Lines a page
        <SmallSelect
          options={sizes.map((size) => [size, size.toLocaleString()] as const)}
          value={view.limit}
          onChange={(limit) => change({ limit })}
        />
      </label>
      <div className="ml-auto flex items-center gap-2">
        {view.page > 2 && (
          <Button kind="quiet" onClick={() => go(1)}>
            Newest
          </Button>
        )}
        <Button disabled={!pagination.has_previous} onClick={() => go(view.page - 1)}>
          <ChevronLeft size={14} aria-hidden /> Newer
        </Button>
        <Button disabled={!pagination.has_next} onClick={() => go(view.page + 1)}>
          Older <ChevronRight size={14} aria-hidden />
        </Button>
      </div>
    </nav>
  )
}
