import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Diagnosis, RetentionPlan, Settings } from 'timelapser-logs/api'
import { ConfirmButton } from '../access/confirm-button.tsx'
import { request, requestReply } from '../api/client.ts'
import { Button } from '../controls/button.tsx'
import { Failed } from '../controls/failed.tsx'
import { notify } from '../controls/notice.tsx'
import { Skeleton } from '../controls/skeleton.tsx'
import { useDisplayZone } from '../time/display-zone.ts'
import { RemovalTable } from './removal-table.tsx'

/** Where the room is heading by the rules in force, and what they, or others before they are saved, would delete now. */
export function RetentionOutlook({ changes }: { changes: Partial<Settings> }) {
  const zone = useDisplayZone()
  // A reserve deletes nothing by itself.
  const { disk_reserve_bytes: _, ...rules } = changes
  const isDirty = Object.keys(rules).length > 0
  // Asked of some rules: an answer does not stay beside others.
  const [asked, setAsked] = useState<string | null>(null)
  const asking = JSON.stringify(rules)
  const plan = useQuery({
    queryKey: ['settings', 'retention-plan', asking],
    queryFn: ({ signal }) =>
      isDirty
        ? requestReply<RetentionPlan>('/api/logs/retention/preview', { method: 'POST', body: rules, signal })
        : requestReply<RetentionPlan>('/api/logs/retention', { signal }),
    enabled: asked === asking,
    staleTime: 0,
  })
  const apply = useApply(() => plan.refetch())
  const look = () => (asked === asking ? plan.refetch() : setAsked(asking))
  return (
    <div className="grid grid-cols-1 gap-4 border-t border-line pt-5">
      <Forecast />
      <div className="flex flex-wrap items-center gap-2">
        <Button disabled={plan.isFetching} onClick={look}>
          {plan.isFetching
            ? 'Counting…'
            : isDirty
              ? 'What would these rules delete?'
              : 'What would be deleted now?'}
        </Button>
        {!isDirty && plan.data && plan.data.data.would_delete > 0 && (
          <ConfirmButton
            name="Delete it now"
            of="by retention"
            kind="plain"
            disabled={apply.isPending}
            onConfirm={() => apply.mutate()}
          />
        )}
        {isDirty && (
          <span className="text-small text-faint">These rules are not saved yet and delete nothing.</span>
        )}
      </div>
      <div aria-live="polite" className="grid grid-cols-1 gap-3 empty:hidden">
        {plan.isError && <p className="text-error">{plan.error.message}</p>}
        {plan.data && <p>{plan.data.message}.</p>}
        {plan.data && plan.data.data.partitions.length > 0 && (
          <RemovalTable plan={plan.data.data} zone={zone} />
        )}
      </div>
    </div>
  )
}

/** Deletes what the rules in force would. */
function useApply(done: () => void) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => requestReply('/api/logs/retention', { method: 'POST' }),
    onSuccess: ({ message }) => {
      notify(message)
      client.invalidateQueries({ queryKey: ['logs'] })
      done()
    },
    onError: (error) => notify(error.message, 'failed'),
  })
}

function Forecast() {
  const diagnosis = useQuery({
    queryKey: ['settings', 'forecast'],
    queryFn: async ({ signal }) => {
      const { checks } = await request<Diagnosis>('/api/diagnostics', { signal })
      return checks.find(({ name }) => name === 'retention') ?? null
    },
    staleTime: 60_000,
  })
  if (diagnosis.isPending) return <Skeleton className="h-5 w-full" />
  if (diagnosis.isError) {
    return <Failed what="The forecast" error={diagnosis.error} retry={() => diagnosis.refetch()} />
  }
  if (diagnosis.data === null) return null
  const { finding, cause, advice, verdict } = diagnosis.data
  return (
    <div className="grid gap-1">
      <h3 className="font-semibold">Forecast</h3>
      <p className="text-pretty first-letter:uppercase">{finding}.</p>
      {cause && (
        <p className={`text-pretty font-medium ${verdict === 'failure' ? 'text-error' : 'text-warning'}`}>
          {cause} {advice}
        </p>
      )}
    </div>
  )
}
