import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { Diagnosis } from 'timelapser-logs/api'
import { requestReply } from '../api/client.ts'
import { serverNow } from '../api/server-clock.ts'
import { Button } from '../controls/button.tsx'
import { Failed } from '../controls/failed.tsx'
import { SkeletonRows } from '../controls/skeleton.tsx'
import { SCREEN } from '../controls/surfaces.ts'
import { useDisplayZone } from '../time/display-zone.ts'
import { formatFull, formatMoment } from '../time/format.ts'
import { TimedText } from '../time/timed-text.tsx'
import { CheckItem } from './check-item.tsx'

const PATH = '/api/diagnostics'

/** Whether the system is well, check by check, with test lines through all of it if wanted. */
export function DiagnosticsPage() {
  const client = useQueryClient()
  const state = useQuery({
    queryKey: ['diagnostics'],
    queryFn: ({ signal }) => requestReply<Diagnosis>(PATH, { signal }),
    staleTime: 0,
  })
  const tryOut = useMutation({
    mutationFn: () => requestReply<Diagnosis>(PATH, { method: 'POST' }),
    onSuccess: (reply) => client.setQueryData(['diagnostics'], reply),
  })
  useEffect(() => {
    document.title = 'Diagnostics – Timelapser Logs'
  }, [])
  const busy = state.isFetching || tryOut.isPending
  const error = tryOut.error ?? state.error
  return (
    <main id="content" className={SCREEN}>
      <div className="flex flex-wrap items-center gap-2">
        <h1 className="mr-auto text-figure font-semibold tracking-tight">Diagnostics</h1>
        <span className="flex gap-2">
          <Button
            disabled={busy}
            onClick={() => tryOut.mutate()}
            title="The test lines are deleted automatically after a while."
          >
            {tryOut.isPending ? 'Sending…' : 'Send test lines'}
          </Button>
          <Button kind="accent" disabled={busy} onClick={() => state.refetch()}>
            {state.isFetching ? 'Running…' : 'Run again'}
          </Button>
        </span>
      </div>
      {error && <Failed what="The checks" error={error} retry={() => state.refetch()} />}
      {state.isPending && (
        <div className="pt-11">
          <SkeletonRows name="checks" rows={10} height="h-12" />
        </div>
      )}
      {state.data && <Report diagnosis={state.data.data} message={state.data.message} />}
    </main>
  )
}

function Report({ diagnosis, message }: { diagnosis: Diagnosis; message: string }) {
  const zone = useDisplayZone()
  return (
    <>
      <p aria-live="polite" className="text-muted">
        {message}. Checked{' '}
        <time dateTime={diagnosis.generated_at} title={formatFull(diagnosis.generated_at, zone)}>
          {formatMoment(diagnosis.generated_at, zone, serverNow())}
        </time>
        , in {diagnosis.duration_ms.toLocaleString()} ms.
      </p>
      <ul aria-label="Checks" className="divide-y divide-line rounded-lg border border-line bg-surface">
        {diagnosis.checks.map((check) => (
          <CheckItem key={check.name} check={check} />
        ))}
      </ul>
      {diagnosis.comparison && (
        <section className="grid gap-2">
          <h2 className="text-title font-semibold">Results of the test lines</h2>
          <ul className="grid gap-1">
            {diagnosis.comparison.map(({ text }) => (
              <li key={text}>
                <TimedText text={text} zone={zone} />
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  )
}
