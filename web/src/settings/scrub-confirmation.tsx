import { useState } from 'react'
import { Button } from '../controls/button.tsx'
import { Labelled } from '../controls/fields.tsx'
import { FIELD } from '../controls/surfaces.ts'

const WORD = 'mask'

/** A typed word before what nothing brings back. */
export function ScrubConfirmation({
  rows,
  disabled,
  confirm,
}: {
  rows: number
  disabled: boolean
  confirm: () => void
}) {
  const [typed, setTyped] = useState('')
  const ready = !disabled && typed.trim().toLowerCase() === WORD
  return (
    <div className="flex flex-wrap items-end gap-2">
      <Labelled name={`Type “${WORD}” to confirm; masked text cannot be restored`}>
        <input
          value={typed}
          autoComplete="off"
          autoCapitalize="none"
          onChange={({ target }) => setTyped(target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return
            event.preventDefault()
            if (ready) confirm()
          }}
          className={`${FIELD} w-40`}
        />
      </Labelled>
      <Button kind="danger" disabled={!ready} onClick={confirm}>
        Mask {rows.toLocaleString()} {rows === 1 ? 'line' : 'lines'}
      </Button>
    </div>
  )
}
