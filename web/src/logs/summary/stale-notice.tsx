import { ApiError } from '../../api/client.ts'
import { Button } from '../../controls/button.tsx'

/** That the lines on the screen are the last good answer, why there is no newer one, and another try. */
export function StaleNotice({ error, retry }: { error: Error; retry: () => void }) {
  const { requestId, retryAfterSeconds } =
    error instanceof ApiError ? error : { requestId: null, retryAfterSeconds: null }
  return (
    <span role="alert" className="inline-flex flex-wrap items-center gap-x-2 gap-y-1 text-error">
      <span>
        These lines are the last answer.{' '}
        {retryAfterSeconds === null
          ? error.message
          : `The server accepts no more requests at the moment. Try again in ${retryAfterSeconds} s.`}
      </span>
      {requestId !== null && <span className="font-mono text-faint wrap-anywhere">Request {requestId}</span>}
      <Button className="h-7 text-ink" onClick={retry}>
        Try again
      </Button>
    </span>
  )
}
