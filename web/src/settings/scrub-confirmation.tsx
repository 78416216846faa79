import { useState } from 'react'
import { Button } from '../controls/button.tsx'
import { TextField } from '../controls/fields.tsx'

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
      <TextField
        name={`Type “${WORD}” to confirm; masked text cannot be restored`}
        value={typed}
        autoComplete="off"
        autoCapitalize="none"
        onChange={setTyped}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return
          event.preventDefault()
          if (ready) confirm()
        }}
        className="w-40"
      />
      <Button kind="danger" disabled={!ready} onClick={confirm}>
        Mask {rows.toLocaleString()} {rows === 1 ? 'line' : 'lines'}
      </Button>
    </div>
  )
}
