import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { Packing } from 'timelapser-logs/api'
import { ConfirmButton } from '../access/confirm-button.tsx'
import { request } from '../api/client.ts'
import { notify } from '../controls/notice.tsx'
import { Skeleton } from '../controls/skeleton.tsx'
import { formatBytes } from './byte-size.ts'

const LOOK_MS = 5000

/** How many lines are packed, the room that gave back, and what is still to come; nothing before packing was turned on. */
export function PackingProgress({ afterDays }: { afterDays: number }) {
  const client = useQueryClient()
  const packing = useQuery({
    queryKey: ['settings', 'packing', afterDays],
    queryFn: async ({ signal }) => (await request<{ packing: Packing }>('/api/packing', { signal })).packing,
    refetchInterval: ({ state }) => (isUnderWay(state.data) ? LOOK_MS : false),
  })
  const unpack = useMutation({
    mutationFn: () => request('/api/packing/unpack', { method: 'POST' }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['settings'] }),
    onError: (error) => notify(error.message, 'failed'),
  })
  if (packing.isPending) return <Skeleton className="h-5 w-full" />
  if (packing.isError) {
    return <p className="text-error">The progress of packing could not be read: {packing.error.message}</p>
  }
  const { begun_at, packed_rows, packed_bytes, unpacked_bytes } = packing.data
  if (begun_at === null) return null
  return (
    <div className="grid gap-3 border-t border-line pt-5">
      <p aria-live="polite" className="text-pretty">
        {packed_rows.toLocaleString()} lines are packed
        {unpacked_bytes > 0 &&
          `: ${formatBytes(packed_bytes)} instead of ${formatBytes(unpacked_bytes)}, ${formatBytes(Math.max(0, unpacked_bytes - packed_bytes))} saved`}
        . {stateOf(packing.data)}
      </p>
      {!packing.data.is_unpacking && (
        <div>
          <ConfirmButton
            name="Unpack all"
            of="lines"
            kind="plain"
            disabled={unpack.isPending}
            onConfirm={() => unpack.mutate()}
          />
        </div>
      )}
    </div>
  )
}

function isUnderWay(packing: Packing | undefined): boolean {
  return (
    packing !== undefined && (packing.is_unpacking || packing.due_partitions > 0 || packing.packed_rows === 0)
  )
}

function stateOf({ is_unpacking, due_partitions, pack_after_days, packed_rows }: Packing): string {
  if (is_unpacking) return 'Packed lines are being unpacked.'
  if (pack_after_days === 0) return 'Packing is off.'
  if (due_partitions === 0) return 'All lines that are old enough are packed.'
  const due = `${due_partitions.toLocaleString()} ${due_partitions === 1 ? 'partition is' : 'partitions are'} still to be packed.`
  return packed_rows === 0 ? `${due} Packing starts a minute after it is turned on.` : due
}
