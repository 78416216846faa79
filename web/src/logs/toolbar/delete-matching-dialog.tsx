import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { DeletionPreview } from 'timelapser-logs/api'
import { request, requestReply } from '../../api/client.ts'
import { serverNow } from '../../api/server-clock.ts'
import { DeleteDialog } from '../../controls/delete-dialog.tsx'
import { notify } from '../../controls/notice.tsx'
import { useDisplayZone } from '../../time/display-zone.ts'
import { formatSpan } from '../../time/format.ts'

/** Deletes the lines that are listed, all pages of them, after their number and range were seen and a word was typed. */
export function DeleteMatchingDialog({ query, close }: { query: string; close: () => void }) {
  const client = useQueryClient()
  const preview = useQuery({
    queryKey: ['logs', 'deletion', query],
    staleTime: 0,
    gcTime: 0,
    // The user confirms the preview as shown, with the end it had.
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
  return (
    <DeleteDialog
      title="Delete matching lines"
      consequence={found ? <Consequence {...found} /> : preview.isError ? 'Nothing is deleted.' : 'Counting…'}
      isTyped
      ready={found !== undefined && found.rows > 0}
      pending={remove.isPending}
      error={remove.error ?? preview.error}
      remove={() => found && remove.mutate(found)}
      close={close}
    />
  )
}

function Consequence({ rows, first_log_at, last_log_at }: DeletionPreview) {
  const zone = useDisplayZone()
  if (rows === 0 || first_log_at === null || last_log_at === null) return 'No line matches.'
  const [from, to] = formatSpan(first_log_at, last_log_at, zone, serverNow())
  return (
    <span>
      <strong className="figures font-semibold">{rows.toLocaleString()}</strong>{' '}
      {rows === 1 ? 'line' : 'lines'} that match the filters and the range of the list, from {from} to {to},
      will be deleted. This cannot be undone.
    </span>
  )
}

/** The parameters of a list as the body of a request; repeated parameters become a list. */
function bodyOf(query: string): Record<string, string | string[]> {
  const parameters = new URLSearchParams(query)
  return Object.fromEntries(
    [...new Set(parameters.keys())].map((name) => {
      const values = parameters.getAll(name)
      return [name, values.length === 1 ? (values[0] ?? '') : values]
    }),
  )
}
