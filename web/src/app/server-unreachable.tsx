import { ApiError } from '../api/client.ts'
import { Button } from '../controls/button.tsx'

/** Shown when the first load fails: the failure, and the way to try again. */
export function ServerUnreachable({ error, retry }: { error: Error; retry: () => void }) {
  // Sign-in is being opened.
  if (error instanceof ApiError && error.status === 401) return null
  const requestId = error instanceof ApiError ? error.requestId : null
  return (
    <main className="mx-auto grid min-h-screen max-w-md content-center justify-items-start gap-3 p-6">
      <h1 className="text-title font-semibold">The log server does not answer</h1>
      <p className="text-muted">
        {error.message} It may be starting; if it stays away, look at its terminal.
      </p>
      {requestId && <p className="font-mono text-small text-faint">Request {requestId}</p>}
      <Button kind="accent" onClick={retry}>
        Try again
      </Button>
    </main>
  )
}
