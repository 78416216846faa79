import type { ReactNode } from 'react'
import { ApiError } from '../api/client.ts'
import { Button } from './button.tsx'

/** The reason why a request of a form failed; nothing while there is none. */
export function Problem({
  error,
  hasRequestId = false,
  className = '',
}: {
  error: Error | string | null
  /** Whether the id of the request stands beside the reason. */
  hasRequestId?: boolean
  className?: string
}) {
  if (error === null) return null
  return (
    <p role="alert" className={`text-error ${className}`}>
      {typeof error === 'string' ? error : error.message}
      {hasRequestId && error instanceof ApiError && error.requestId && (
        <span className="font-mono text-small"> ({error.requestId})</span>
      )}
    </p>
  )
}

/** The buttons at the end of a form: its own and Cancel. */
export function FormButtons({
  name,
  disabled,
  onCancel,
  children,
}: {
  /** The text of the button that submits. */
  name: string
  disabled: boolean
  onCancel: () => void
  children?: ReactNode
}) {
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Button type="submit" kind="accent" disabled={disabled}>
        {name}
      </Button>
      <Button kind="quiet" onClick={onCancel}>
        Cancel
      </Button>
      {children}
    </div>
  )
}
