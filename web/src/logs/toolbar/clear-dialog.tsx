import { type QueryClient, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { CleanupResult } from 'timelapser-logs/api'
import { request, requestReply } from '../../api/client.ts'
import { DeleteDialog } from '../../controls/delete-dialog.tsx'
import { Select } from '../../controls/fields.tsx'
import { notify } from '../../controls/notice.tsx'

const KEEPS = [0, 1, 7, 30, 90, 365].map(
  (days) =>
    [days, days === 0 ? 'All lines' : `Lines older than ${days} ${days === 1 ? 'day' : 'days'}`] as const,
)

/** Deletes everything or what is older than some days, after the count was seen and a word was typed. */
export function ClearDialog({ close }: { close: () => void }) {
  const [days, setDays] = useState(0)
  const client = useQueryClient()
  const count = useDoomedCount(days)
  const clear = useMutation({
    mutationFn: () =>
      requestReply<CleanupResult>(`/api/logs/cleanup?days_to_keep=${days}`, { method: 'DELETE' }),
    onSuccess: ({ message, data }) => {
      const undo = data.undo_until === undefined ? null : { name: 'Undo', run: () => undoClear(client) }
      notify(message, 'done', undo)
      client.invalidateQueries({ queryKey: ['logs'] })
      close()
    },
  })
  return (
    <DeleteDialog
      title="Delete log lines"
      choice={
        <label className="grid gap-1.5">
          <span className="text-muted">Which</span>
          <Select options={KEEPS} value={days} onChange={setDays} />
        </label>
      }
      consequence={<Consequence count={count.data} error={count.error} canUndo={days === 0} />}
      isTyped
      ready={(count.data ?? 0) > 0}
      pending={clear.isPending}
      error={clear.error}
      remove={clear.mutate}
      close={close}
    />
  )
}

async function undoClear(client: QueryClient): Promise<void> {
  try {
    const { message } = await requestReply('/api/logs/cleanup/undo', { method: 'POST' })
    notify(message)
  } catch (error) {
    notify((error as Error).message, 'failed')
  }
  await client.invalidateQueries({ queryKey: ['logs'] })
}

function Consequence({
  count,
  error,
  canUndo,
}: {
  count: number | undefined
  error: Error | null
  canUndo: boolean
}) {
  if (error) return <span className="text-error">The lines could not be counted: {error.message}</span>
  if (count === undefined) return <span className="text-muted">Counting…</span>
  if (count === 0) return <span>No line matches.</span>
  return (
    <span>
      <strong className="figures font-semibold">{count.toLocaleString()}</strong>{' '}
      {count === 1 ? 'line' : 'lines'} of all cameras and sources will be deleted, regardless of the filters.{' '}
      {canUndo ? 'This can be undone for ten minutes.' : 'This cannot be undone.'}
    </span>
  )
}

function useDoomedCount(days: number) {
  return useQuery({
    queryKey: ['logs', 'doomed', days],
    staleTime: 0,
    queryFn: async ({ signal }) => {
      const path = `/api/logs/cleanup?days_to_keep=${days}`
      return (await request<{ would_delete: number }>(path, { signal })).would_delete
    },
  })
}
