import { Bell, Users, X } from 'lucide-react'
import type { SavedView } from 'timelapser-logs/api/views'
import { alertAddress } from '../alerts/alert-address.ts'
import { Link } from '../app/link.tsx'
import { Failed } from '../controls/failed.tsx'
import { FloatingPanel } from '../controls/floating-panel.tsx'
import type { PopupProps } from '../controls/popup-button.tsx'
import { Skeleton } from '../controls/skeleton.tsx'
import { useKeptFocus } from '../controls/use-kept-focus.ts'
import { parseView } from '../logs/view.ts'
import { SaveView } from './save-view.tsx'
import { useChangeViews, useViews } from './use-views.ts'

/** The searches kept under a name, and a way to keep the current search. */
export function ViewsPanel({ query, ...popup }: PopupProps & { query: string }) {
  const views = useViews()
  return (
    <FloatingPanel {...popup} label="Saved views" className="w-[min(20rem,calc(100vw-2rem))] p-2">
      {views.isError && (
        <div className="p-2">
          <Failed what="The views" error={views.error} retry={() => views.refetch()} />
        </div>
      )}
      {views.isPending && <Skeleton className="m-2 h-4 w-40" />}
      {views.data?.length === 0 && <p className="px-2 py-1.5 text-muted">No saved views yet.</p>}
      <ul className="grid grid-cols-1 gap-0.5">
        {views.data?.map((view) => (
          <Item key={view.id} view={view} isShown={view.query === query} close={popup.close} />
        ))}
      </ul>
      <SaveView query={query} />
    </FloatingPanel>
  )
}

function Item({ view, isShown, close }: { view: SavedView; isShown: boolean; close: () => void }) {
  const change = useChangeViews()
  const deletion = useKeptFocus({
    disabled: change.isPending,
    onClick: () => change.mutate({ method: 'DELETE', path: `/api/views/${view.id}` }),
  })
  return (
    <li className="flex items-center rounded-md pr-1 hover:bg-hover">
      <Link
        href={addressOf(view.query)}
        aria-current={isShown || undefined}
        onClick={close}
        className={`flex min-w-0 flex-1 items-center gap-2 px-2 py-1.5 ${isShown ? 'font-medium text-accent' : ''}`}
      >
        <span className="truncate">{view.name}</span>
        {view.shared && (
          <span className="ml-auto flex shrink-0 items-center gap-1 pl-2 text-small text-faint">
            <Users size={12} role="img" aria-label="Shared" /> {!view.is_own && view.owner_name}
          </span>
        )}
      </Link>
      <Link
        href={alertAddress(parseView(`?${view.query}`))}
        aria-label={`Alert on the view ${view.name}`}
        title="Alert on this"
        onClick={close}
        className="grid size-6 shrink-0 place-items-center rounded-sm text-faint hover:bg-line hover:text-ink"
      >
        <Bell size={13} aria-hidden />
      </Link>
      {view.may_edit && (
        <button
          type="button"
          aria-label={`Delete the view ${view.name}`}
          title="Delete"
          {...deletion}
          className="grid size-6 shrink-0 place-items-center rounded-sm text-faint hover:bg-line hover:text-ink"
        >
          <X size={13} aria-hidden />
        </button>
      )}
    </li>
  )
}

/** A view of a chart says what kind it is; all others are of the list. */
function addressOf(query: string): string {
  const screen = new URLSearchParams(query).has('kind') ? '/chart' : '/logs'
  return query === '' ? screen : `${screen}?${query}`
}
