import type { FormEvent, ReactNode } from 'react'
import { Button } from '../controls/button.tsx'
import { Problem } from '../controls/form-end.tsx'

/** Settings that belong together, under a heading the address can name. */
export function SettingsSection({
  id,
  name,
  hint,
  children,
}: {
  id: string
  name: string
  hint: string
  children: ReactNode
}) {
  return (
    <section
      id={id}
      aria-labelledby={`${id}-name`}
      className="grid scroll-mt-4 grid-cols-1 gap-5 rounded-lg border border-line bg-surface p-4 sm:p-6"
    >
      <div className="grid gap-1">
        <h2 id={`${id}-name`} className="text-title font-semibold">
          {name}
        </h2>
        <p className="text-pretty text-muted">{hint}</p>
      </div>
      {children}
    </section>
  )
}

/** A form that saves a draft; its buttons come when there is something to save. */
export function DraftForm({
  draft,
  isValid = true,
  children,
}: {
  draft: {
    isChanged: boolean
    isSaving: boolean
    otherProblem: string | null
    save: () => void
    undo: () => void
  }
  isValid?: boolean
  children: ReactNode
}) {
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (draft.isChanged && isValid) draft.save()
  }
  return (
    <form onSubmit={submit} className="grid grid-cols-1 gap-5">
      {children}
      <Problem error={draft.otherProblem} />
      {draft.isChanged && (
        <div className="flex gap-2 sm:pl-48">
          <Button type="submit" kind="accent" disabled={!isValid || draft.isSaving}>
            {draft.isSaving ? 'Saving…' : 'Save'}
          </Button>
          <Button kind="quiet" onClick={draft.undo}>
            Undo
          </Button>
        </div>
      )}
    </form>
  )
}
