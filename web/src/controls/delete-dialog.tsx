import { AlertDialog } from '@base-ui/react/alert-dialog'
import { type ReactNode, useRef, useState } from 'react'
import { Button } from './button.tsx'
import { Text } from './fields.tsx'
import { Problem } from './form-end.tsx'
import { BACKDROP, DIALOG } from './surfaces.ts'
import { useInertPage } from './use-inert-page.ts'

const WORD = 'delete'

/** Says what a deletion does, has a word typed where it takes many, and shows why it failed. */
export function DeleteDialog({
  title,
  choice,
  consequence,
  isTyped = false,
  ready,
  pending,
  error,
  remove,
  close,
}: {
  title: string
  /** A field for what is to go. */
  choice?: ReactNode
  consequence: ReactNode
  /** Whether a word is to be typed first. */
  isTyped?: boolean
  /** Whether there is something to delete. */
  ready: boolean
  pending: boolean
  error: Error | null
  remove: () => void
  close: () => void
}) {
  const [typed, setTyped] = useState('')
  const cancel = useRef<HTMLButtonElement>(null)
  const enabled = ready && !pending && (!isTyped || typed.trim().toLowerCase() === WORD)
  useInertPage()
  return (
    <AlertDialog.Root open onOpenChange={(open) => !open && close()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className={BACKDROP} />
        <AlertDialog.Popup className={DIALOG} initialFocus={cancel}>
          <form
            className="grid gap-4"
            onSubmit={(event) => {
              event.preventDefault()
              if (enabled) remove()
            }}
          >
            <AlertDialog.Title className="text-title font-semibold">{title}</AlertDialog.Title>
            {choice}
            <AlertDialog.Description className="rounded-md bg-sunken px-3 py-2.5">
              {consequence}
            </AlertDialog.Description>
            {isTyped && <TypedWord typed={typed} onChange={setTyped} />}
            <Problem error={error} hasRequestId />
            <div className="flex justify-end gap-2">
              <AlertDialog.Close render={<Button ref={cancel}>Cancel</Button>} />
              <Button type="submit" kind="danger" disabled={!enabled}>
                {pending ? 'Deleting…' : 'Delete'}
              </Button>
            </div>
          </form>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}

function TypedWord({ typed, onChange }: { typed: string; onChange: (typed: string) => void }) {
  return (
    <label className="grid gap-1.5">
      <span className="text-muted">
        Type <strong className="font-mono font-normal text-ink">{WORD}</strong> to confirm
      </span>
      <Text value={typed} autoComplete="off" autoCapitalize="none" onChange={onChange} />
    </label>
  )
}
