import { AlertDialog } from '@base-ui/react/alert-dialog'
import { type QueryClient, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useId, useRef, useState } from 'react'
import type { CleanupResult } from 'timelapser-logs/api'
import { ApiError, request, requestReply } from '../api/client.ts'
import { Button } from '../controls/button.tsx'
import { notify } from '../controls/notice.tsx'
import { BACKDROP, DIALOG, FIELD } from '../controls/surfaces.ts'

const KEEPS = [0, 1, 7, 30, 90, 365]
const WORD = 'delete'

/** Deletes everything or what is older than some days, after the count was seen and a word was typed. */
export function ClearDialog({ close }: { close: () => void }) {
  const [days, setDays] = useState(0)
  const [typed, setTyped] = useState('')
  const cancel = useRef<HTMLButtonElement>(null)
  const field = useId()
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
  const ready = typed.trim().toLowerCase() === WORD && (count.data ?? 0) > 0 && !clear.isPending

  return (
    <AlertDialog.Root open onOpenChange={(open) => !open && close()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className={BACKDROP} />
        <AlertDialog.Popup className={DIALOG} initialFocus={cancel}>
          <form
            className="grid gap-4"
            onSubmit={(event) => {
              event.preventDefault()
              if (ready) clear.mutate()
            }}
          >
            <AlertDialog.Title className="text-title font-semibold">Delete log lines</AlertDialog.Title>
            <label className="grid gap-1.5">
              <span className="text-muted">Which</span>
              <select
                value={days}
                onChange={(event) => setDays(Number(event.target.value))}
                className={FIELD}
              >
                {KEEPS.map((keep) => (
                  <option key={keep} value={keep}>
                    {keep === 0 ? 'All lines' : `Lines older than ${keep} ${keep === 1 ? 'day' : 'days'}`}
                  </option>
                ))}
              </select>
            </label>
            <AlertDialog.Description className="rounded-md bg-sunken px-3 py-2.5">
              <Consequence count={count.data} error={count.error} canUndo={days === 0} />
            </AlertDialog.Description>
            <label htmlFor={field} className="grid gap-1.5">
              <span className="text-muted">
                Type <strong className="font-mono font-normal text-ink">{WORD}</strong> to confirm
              </span>
              <input
                id={field}
                value={typed}
                autoComplete="off"
                autoCapitalize="none"
                onChange={(event) => setTyped(event.target.value)}
                className={FIELD}
              />
            </label>
            {clear.isError && (
              <p role="alert" className="text-error">
                {clear.error.message}
                {clear.error instanceof ApiError && clear.error.requestId && (
                  <span className="font-mono text-small"> ({clear.error.requestId})</span>
                )}
              </p>
            )}
            <div className="flex justify-end gap-2">
              <AlertDialog.Close render={<Button ref={cancel}>Cancel</Button>} />
              <Button type="submit" kind="danger" disabled={!ready}>
                {clear.isPending ? 'Deleting…' : 'Delete'}
              </Button>
            </div>
          </form>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
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
  if (count === 0) return <span>There is no such line.</span>
  return (
    <span>
      <strong className="figures font-semibold">{count.toLocaleString()}</strong>{' '}
      {count === 1 ? 'line' : 'lines'} of all cameras and sources will be deleted, whatever filters are set.{' '}
      {canUndo ? 'For ten minutes this can be undone.' : 'This cannot be undone.'}
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
