import { ApiError } from '../api/client.ts'
import { Button } from './button.tsx'

/** What could not be loaded and why, with another try. */
export function Failed({ what, error, retry }: { what: string; error: Error; retry: () => void }) {
  return (
    <div role="alert" className="grid justify-items-start gap-3">
      <p className="text-error">
        {what} could not be loaded: {error.message}
        {error instanceof ApiError && error.requestId && (
          <span className="font-mono text-small"> ({error.requestId})</span>
        )}
      </p>
      <Button onClick={retry}>Try again</Button>
    </div>
  )
}
