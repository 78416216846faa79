import { ApiError } from '../api/client.ts'
import { Button } from './button.tsx'

/** A failed load with its reason and another try. */
export function Failed({ what, error, retry }: { what: string; error: Error; retry: () => void }) {
  return (
    <div role="alert" className="grid justify-items-start gap-3">
      <div className="grid gap-1">
        <p className="text-pretty text-error">
          {what} could not be loaded: {error.message}
        </p>
        {error instanceof ApiError && error.requestId && (
          <p className="font-mono text-small text-faint wrap-anywhere">Request {error.requestId}</p>
        )}
      </div>
      <Button onClick={retry}>Try again</Button>
    </div>
  )
}
