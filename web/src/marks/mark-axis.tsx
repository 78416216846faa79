import { Suspense, useRef } from 'react'
import { lazyPart } from '../app/lazy-part.ts'
import { useSession } from '../session/use-session.ts'

const MarkForm = lazyPart(() => import('./mark-form.tsx').then((module) => ({ default: module.MarkForm })))

/**
 * The strip below a plane of time: a click on it begins a mark there, for those who may add one. The keyboard begins it
 * from the plane, which says so.
 */
export function MarkAxis({
  from,
  to,
  zone,
  left,
  at,
  begin,
  close,
}: {
  from: number
  to: number
  zone: string
  /** Where the plane begins, in pixels. */
  left: number
  /** The time of the mark that is being written; null for none. */
  at: number | null
  begin: (at: number) => void
  close: () => void
}) {
  const anchor = useRef<HTMLButtonElement>(null)
  const isAdmin = useSession().data?.role === 'admin'
  if (!isAdmin) return null
  return (
    <div className="absolute right-5 bottom-0 h-[1.375rem]" style={{ left }}>
      <button
        type="button"
        tabIndex={-1}
        aria-label="Add a mark at this time"
        title="Add a mark at this time"
        onClick={({ clientX, currentTarget }) => {
          const { left: first, width } = currentTarget.getBoundingClientRect()
          begin(Math.round(from + ((clientX - first) / width) * (to - from)))
        }}
        className="absolute inset-0 w-full cursor-copy"
      />
      {at !== null && (
        <>
          <button
            ref={anchor}
            type="button"
            tabIndex={-1}
            aria-hidden="true"
            className="pointer-events-none absolute top-0 h-full w-px bg-accent"
            style={{ left: `${((at - from) / (to - from)) * 100}%` }}
          />
          <Suspense fallback={null}>
            <MarkForm key={at} anchor={anchor} at={at} zone={zone} close={close} />
          </Suspense>
        </>
      )}
    </div>
  )
}
