import { X } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import type { Mark, MarkInput } from 'timelapser-logs/api'
import { serverNow } from '../api/server-clock.ts'
import { Button } from '../controls/button.tsx'
import { FloatingPanel } from '../controls/floating-panel.tsx'
import type { PopupProps } from '../controls/popup-button.tsx'
import { FIELD } from '../controls/surfaces.ts'
import { useKeptFocus } from '../controls/use-kept-focus.ts'
import { useSession } from '../session/use-session.ts'
import { instantOf, wallTime } from '../time/zone.ts'
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
        <p className="px-2 py-1 text-small text-muted">{others.toLocaleString()} older ones are left out.</p>
      )}
      {isAdmin ? (
        <AddMark zone={zone} />
      ) : (
        <p className="mt-2 border-t border-line px-2 pt-2 text-small text-muted">
          Administrators and keys that send lines add marks.
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

function AddMark({ zone }: { zone: string }) {
  const [text, setText] = useState('')
  const [kind, setKind] = useState<NonNullable<MarkInput['kind']>>('deploy')
  const [at, setAt] = useState(() => wallText(serverNow(), zone))
  const add = useChangeMarks(() => setText(''))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const instant = instantIn(at, zone)
    const when = instant === null ? {} : { at: new Date(instant).toISOString() }
    add.mutate({ method: 'POST', path: '/api/marks', body: { text: text.trim(), kind, ...when } })
  }
  return (
    <form
      aria-label="Add a mark"
      onSubmit={submit}
      className="mt-2 grid gap-2 border-t border-line px-2 pt-3 pb-1"
    >
      <div className="flex gap-2">
        <input
          aria-label="What happened"
          placeholder="deployed 1.4"
          value={text}
          maxLength={500}
          onChange={(event) => setText(event.target.value)}
          className={FIELD}
        />
        <select
          aria-label="Kind"
          value={kind}
          onChange={({ target }) => setKind(target.value === 'note' ? 'note' : 'deploy')}
          className={`${FIELD} w-28! shrink-0`}
        >
          <option value="deploy">Deploy</option>
          <option value="note">Note</option>
        </select>
      </div>
      <div className="flex gap-2">
        <input
          type="datetime-local"
          step={1}
          aria-label={`When (${zone})`}
          value={at}
          onChange={(event) => setAt(event.target.value)}
          className={FIELD}
        />
        <Button type="submit" kind="accent" disabled={text.trim() === '' || add.isPending}>
          Add
        </Button>
      </div>
    </form>
  )
}

const two = (value: number) => String(value).padStart(2, '0')

/** An instant as the clocks of a zone show it, in the form of the field. */
function wallText(instant: number, zone: string): string {
  const { year, month, day, hour, minute, second } = wallTime(instant, zone)
  return `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}`
}

/** Null where the field is empty: the server's present is meant. */
function instantIn(text: string, zone: string): number | null {
  const [year, month, day, hour, minute, second = 0] = text.split(/[-T:]/).map(Number)
  if (
    year === undefined ||
    month === undefined ||
    day === undefined ||
    hour === undefined ||
    minute === undefined
  )
    return null
  return instantOf({ year, month, day, hour, minute, second }, zone)
}
