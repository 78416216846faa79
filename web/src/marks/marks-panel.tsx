import { X } from 'lucide-react'
import type { Mark } from 'timelapser-logs/api'
import { FloatingPanel } from '../controls/floating-panel.tsx'
import type { PopupProps } from '../controls/popup-button.tsx'
import { useKeptFocus } from '../controls/use-kept-focus.ts'
import { useSession } from '../session/use-session.ts'
import { AddMark } from './add-mark.tsx'
import { markInWords } from './mark-lines.tsx'
import { useChangeMarks, useMarks } from './use-marks.ts'

/** The marks of a range; administrators add and delete them. */
export function MarksPanel({
  from,
  to,
  zone,
  ...popup
}: PopupProps & { from: number; to: number; zone: string }) {
  const { marks, others } = useMarks(from, to)
  const isAdmin = useSession().data?.role === 'admin'
  return (
    <FloatingPanel {...popup} label="Marks" className="w-[min(24rem,calc(100vw-2rem))] p-2">
      {marks.length === 0 && <p className="px-2 py-1.5 text-muted">No marks in this range.</p>}
      <ul aria-label="Marks of this range" className="grid max-h-72 grid-cols-1 gap-0.5 overflow-y-auto">
        {marks.map((mark) => (
          <Item key={mark.id} mark={mark} zone={zone} mayDelete={isAdmin} />
        ))}
      </ul>
      {others > 0 && (
        <p className="px-2 py-1 text-small text-muted">
          {others.toLocaleString()} older marks are not shown.
        </p>
      )}
      {isAdmin ? (
        <div className="mt-2 border-t border-line pt-3">
          <AddMark zone={zone} />
        </div>
      ) : (
        <p className="mt-2 border-t border-line px-2 pt-2 text-small text-muted">
          Administrators and keys that send lines can add marks.
        </p>
      )}
    </FloatingPanel>
  )
}

function Item({ mark, zone, mayDelete }: { mark: Mark; zone: string; mayDelete: boolean }) {
  const change = useChangeMarks()
  const deletion = useKeptFocus({
    disabled: change.isPending,
    onClick: () => change.mutate({ method: 'DELETE', path: `/api/marks/${mark.id}` }),
  })
  return (
    <li className="flex items-start gap-2 rounded-md py-1 pr-1 pl-2 hover:bg-hover">
      <span
        aria-hidden="true"
        className={`mt-1.5 size-2 shrink-0 ${mark.kind === 'deploy' ? 'rotate-45 bg-accent' : 'rounded-full bg-muted'}`}
      />
      <span className="min-w-0 flex-1 wrap-anywhere">
        {markInWords(mark, zone)} <span className="text-small text-muted">by {mark.author}</span>
      </span>
      {mayDelete && (
        <button
          type="button"
          aria-label={`Delete the mark ${mark.text}`}
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
