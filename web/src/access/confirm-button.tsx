import { useState } from 'react'
import { Button, type ButtonKind } from '../controls/button.tsx'

/** A button that asks once more before it does what cannot be taken back. */
export function ConfirmButton({
  name,
  of,
  kind = 'quiet',
  disabled,
  onConfirm,
}: {
  name: string
  of: string
  /** Its look until it asks. */
  kind?: ButtonKind
  disabled: boolean
  onConfirm: () => void
}) {
  const [asking, setAsking] = useState(false)
  if (!asking) {
    return (
      <Button kind={kind} aria-label={`${name} ${of}`} disabled={disabled} onClick={() => setAsking(true)}>
        {name}
      </Button>
    )
  }
  return (
    <Button
      kind="danger"
      aria-label={`Confirm: ${name} ${of}`}
      autoFocus
      disabled={disabled}
      onBlur={() => setAsking(false)}
      onClick={() => {
        setAsking(false)
        onConfirm()
      }}
    >
      Confirm: {name.toLowerCase()}
    </Button>
  )
}
