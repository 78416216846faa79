import { AlertDialog } from '@base-ui/react/alert-dialog'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import type { DeletionPreview } from 'timelapser-logs/api'
import { ApiError, request, requestReply } from '../api/client.ts'
import { serverNow } from '../api/server-clock.ts'
import { Button } from '../controls/button.tsx'
import { notify } from '../controls/notice.tsx'
import { BACKDROP, DIALOG, FIELD } from '../controls/surfaces.ts'
import { useDisplayZone } from '../time/display-zone.ts'
import { formatSpan } from '../time/format.ts'

const WORD = 'delete'

/** Deletes the lines that are listed, all pages of them, after their number and range were seen and a word was typed. */
export function DeleteMatchingDialog({ query, close }: { query: string; close: () => void }) {
  const [typed, setTyped] = useState('')
  const cancel = useRef<HTMLButtonElement>(null)
  const client = useQueryClient()
  const preview = useQuery({
    queryKey: ['logs', 'deletion', query],
    staleTime: 0,
    gcTime: 0,
    // What is confirmed is what was shown, with the end it had.
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    queryFn: ({ signal }) =>
      request<DeletionPreview>('/api/logs/delete/preview', { method: 'POST', body: bodyOf(query), signal }),
  })
  const found = preview.data
  const remove = useMutation({
    mutationFn: ({ rows, filters_applied: { end_date } }: DeletionPreview) => {
      // With the end the preview gave it: lines that came since then stay.
      const body = { ...bodyOf(query), end_date: end_date ?? undefined, confirm_rows: rows }
      return requestReply<{ deleted_count: number }>('/api/logs/delete', { method: 'POST', body })
    },
    onSuccess: ({ message }) => {
      notify(message, 'done')
      client.invalidateQueries({ queryKey: ['logs'] })
      close()
    },
  })
  const isTyped = typed.trim().toLowerCase() === WORD
  const doomed = found !== undefined && found.rows > 0 && isTyped && !remove.isPending ? found : null
  const error = remove.error ?? preview.error
  return (
    <AlertDialog.Root open onOpenChange={(open) => !open && close()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className={BACKDROP} />
        <AlertDialog.Popup className={DIALOG} initialFocus={cancel}>
          <form
            className="grid gap-4"
            onSubmit={(event) => {
              event.preventDefault()
              if (doomed) remove.mutate(doomed)
            }}
          >
            <AlertDialog.Title className="text-title font-semibold">Delete what matches</AlertDialog.Title>
            <AlertDialog.Description className="rounded-md bg-sunken px-3 py-2.5">
              {found ? <Consequence {...found} /> : preview.isError ? 'Nothing is deleted.' : 'Counting…'}
            </AlertDialog.Description>
            <label className="grid gap-1.5">
              <span className="text-muted">
                Type <strong className="font-mono font-normal text-ink">{WORD}</strong> to confirm
              </span>
              <input
                value={typed}
                autoComplete="off"
                autoCapitalize="none"
                onChange={(event) => setTyped(event.target.value)}
                className={FIELD}
              />
            </label>
            {error && (
              <p role="alert" className="text-error">
                {error.message}
                {error instanceof ApiError && error.requestId && (
                  <span className="font-mono text-small"> ({error.requestId})</span>
                )}
              </p>
            )}
            <div className="flex justify-end gap-2">
              <AlertDialog.Close render={<Button ref={cancel}>Cancel</Button>} />
              <Button type="submit" kind="danger" disabled={!doomed}>
                {remove.isPending ? 'Deleting…' : 'Delete'}
              </Button>
            </div>
          </form>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}

function Consequence({ rows, first_log_at, last_log_at }: DeletionPreview) {
  const zone = useDisplayZone()
  if (rows === 0 || first_log_at === null || last_log_at === null) return 'No line matches.'
  const [from, to] = formatSpan(first_log_at, last_log_at, zone, serverNow())
  return (
    <span>
      <strong className="figures font-semibold">{rows.toLocaleString()}</strong>{' '}
      {rows === 1 ? 'line' : 'lines'} under the filters and in the range of the list, from {from} to {to},
      will be deleted. This cannot be undone.
    </span>
  )
}

/** The parameters of a list as the body of a request; what is there several times is a list. */
function bodyOf(query: string): Record<string, string | string[]> {
  const parameters = new URLSearchParams(query)
  return Object.fromEntries(
    [...new Set(parameters.keys())].map((name) => {
      const values = parameters.getAll(name)
      return [name, values.length === 1 ? (values[0] ?? '') : values]
    }),
  )
}
