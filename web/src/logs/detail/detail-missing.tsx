import { ApiError } from '../../api/client.ts'
import { Button } from '../../controls/button.tsx'
import type { ChangeView } from '../use-view.ts'

/** A line that could not be shown: the reason, and the ways on. */
export function DetailMissing({
  error,
  retry,
  change,
}: {
  error: Error
  retry: () => void
  change: ChangeView
}) {
  const known = error instanceof ApiError ? error : null
  const isForGood = known?.status === 404 || known?.status === 403
  return (
    <div role="alert" className="grid justify-items-start gap-3 p-4">
      <p className="text-pretty">{textOf(error, known?.status)}</p>
      {known?.requestId && <p className="font-mono text-small text-faint">Request {known.requestId}</p>}
      {isForGood ? (
        <Button onClick={() => change({ log: null, page: 1, until: null })}>Go to the newest lines</Button>
      ) : (
        <Button onClick={retry}>Try again</Button>
      )}
    </div>
  )
}

function textOf(error: Error, status: number | undefined): string {
  // The server answers both cases alike, so that nobody learns which lines there are.
  if (status === 404)
    return 'This line is not available. Retention or a cleanup has removed it, or it belongs to a camera that you may not see. An administrator of this server can give you access.'
  if (status === 403)
    return 'You may not see this line. An administrator of this server can give you access to its camera.'
  return error.message
}
